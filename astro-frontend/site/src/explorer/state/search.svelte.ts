// The search: what is typed, what was found, and which hit the keyboard stands on.
import type { SearchHit } from '@throughline/shared/graph';
import { graphClient } from '../../browser/gateway.ts';
import { MAX_HITS, MAX_QUERY_BYTES, TYPING_PAUSE_MS } from '../limits.ts';
import { Task } from './task.svelte.ts';

export class Search {
  query = $state('');
  hits = $state.raw<SearchHit[]>([]);
  /** What the hits were found for. */
  found = $state('');
  active = $state(-1);
  readonly task = new Task();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Too long to be sent at all. */
  get tooLong(): boolean {
    return new TextEncoder().encode(this.query).length > MAX_QUERY_BYTES;
  }

  get activeHit(): SearchHit | undefined {
    return this.hits[this.active];
  }

  /** Takes what was typed; asks when the typing pauses. */
  type(query: string): void {
    this.query = query;
    clearTimeout(this.#timer);
    if (/[\p{L}\p{N}]/u.test(query) && !this.tooLong) {
      this.#timer = setTimeout(() => void this.ask(), TYPING_PAUSE_MS);
      return;
    }
    this.task.clear();
    this.hits = [];
    this.found = '';
    this.active = -1;
  }

  async ask(): Promise<void> {
    clearTimeout(this.#timer);
    const query = this.query;
    await this.task.run('Search', async ({ call }) => {
      const graph = await graphClient();
      const answer = await graph.searchNodes({ query, pageSize: MAX_HITS }, call);
      if (call.signal?.aborted) return;
      this.hits = answer.hits;
      this.found = query;
      this.active = answer.hits.length > 0 ? 0 : -1;
    });
  }

  move(by: number): void {
    const count = this.hits.length;
    if (count > 0) this.active = (Math.max(this.active, by < 0 ? 0 : -1) + by + count) % count;
  }
}
