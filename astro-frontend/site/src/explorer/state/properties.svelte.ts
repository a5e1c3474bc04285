// Properties while they are typed: rows, and what is wrong with them.
import type { Edge, Node, Value } from '@throughline/shared/graph';
import { readRows, type Row, rows } from '../model/edit.ts';

export class Properties {
  rows = $state<Row[]>([]);
  /** What is wrong with a row, by its place. */
  faults = $state.raw<ReadonlyMap<number, string>>(new Map());

  /** Begins with those of `of`. */
  constructor(of?: Pick<Node | Edge, 'properties'>) {
    if (of) this.rows = rows(of);
  }

  add(): void {
    this.rows.push({ name: '', kind: 'text', text: '' });
  }

  /** What the rows say; nothing where one of them is wrong, which it then says. */
  read(): Record<string, Value> | undefined {
    const read = readRows(this.rows);
    this.faults = 'faults' in read ? read.faults : new Map();
    return 'properties' in read ? read.properties : undefined;
  }
}
