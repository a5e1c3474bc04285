// The import of a file: read here, written batch by batch through the site's server.
import { editClient } from '../../browser/gateway.ts';
import { type Draft, Unreadable } from '../import/graph.ts';
import { BATCH_MUTATIONS, MAX_FILE_BYTES } from '../limits.ts';
import type { Explorer } from './explorer.svelte.ts';
import { Task } from './task.svelte.ts';

export class Importer {
  readonly task = new Task();
  /** The file's name. */
  name = $state('');
  /** Why the file cannot be read. */
  refused = $state('');
  done = $state(0);
  total = $state(0);
  readonly #explorer: Explorer;

  constructor(explorer: Explorer) {
    this.#explorer = explorer;
  }

  /** Takes a file, one at a time; what is shown begins anew when all of it is in the graph. */
  async take(file: File): Promise<void> {
    if (this.task.running) return;
    this.task.clear();
    this.name = file.name;
    this.refused = '';
    this.done = this.total = 0;
    const draft = await this.#read(file);
    if (draft && (await this.#send(draft))) await this.#explorer.restart();
  }

  async #read(file: File): Promise<Draft | undefined> {
    try {
      if (file.size > MAX_FILE_BYTES) throw new Unreadable(`It is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB; “throughline graph import” takes larger ones.`);
      const { readFile } = await import('../import/read.ts');
      return readFile(await file.text());
    } catch (error) {
      this.refused = error instanceof Unreadable ? error.message : 'It cannot be read.';
      return undefined;
    }
  }

  #send(draft: Draft): Promise<boolean> {
    this.total = draft.nodes.size + draft.edges.size;
    return this.task.run('Import', async (action) => {
      const client = await editClient();
      this.done = 0;
      for (const mutations of draft.batches(BATCH_MUTATIONS)) {
        // The key makes it safe to send a batch twice.
        await client.applyMutations({ mutations, idempotencyKey: crypto.randomUUID() }, action.call);
        this.done += mutations.length;
      }
    });
  }
}
