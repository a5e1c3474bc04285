// One thing at a time that a user waits for: runs as an action, can be stopped, and says what became of it.
import { explain, type Explanation } from '@throughline/shared/client';
import type { Action } from '@throughline/shared/tracing';
import { actions } from '../../browser/gateway.ts';
import { startTelemetry } from '../../telemetry/browser.ts';

export interface Problem extends Explanation {
  /** The trace in which it happened; empty where nothing is traced. */
  readonly traceId: string;
  /** Does the same again. */
  readonly again: () => void;
}

export class Task {
  status = $state<'idle' | 'running' | 'done' | 'failed' | 'stopped'>('idle');
  problem = $state.raw<Problem>();
  /** The trace of the last one that was begun. */
  traceId = $state('');
  #controller: AbortController | undefined;

  get running(): boolean {
    return this.status === 'running';
  }

  /** Runs it in place of the one before, which is stopped. True: it came through. */
  async run(name: string, work: (action: Action) => Promise<void>): Promise<boolean> {
    this.#controller?.abort();
    const controller = new AbortController();
    this.#controller = controller;
    this.status = 'running';
    this.problem = undefined;
    // What a user does before the SDK is there is in a trace all the same.
    await startTelemetry();
    let traceId = '';
    const traced = async (action: Action): Promise<void> => {
      this.traceId = traceId = action.traceId;
      await work(action);
      action.signal.throwIfAborted();
    };
    try {
      controller.signal.throwIfAborted();
      await actions.run(name, traced, { signal: controller.signal });
      if (this.#controller !== controller) return false;
      this.status = 'done';
      return true;
    } catch (error) {
      if (this.#controller !== controller) return false;
      const explained = explain(error);
      const stopped = controller.signal.aborted || explained.cancelled;
      this.status = stopped ? 'stopped' : 'failed';
      if (!stopped) this.problem = { ...explained, traceId, again: () => void this.run(name, work) };
      return false;
    }
  }

  stop(): void {
    this.#controller?.abort();
  }

  /** Forgets what became of it. */
  clear(): void {
    this.stop();
    this.#controller = undefined;
    this.status = 'idle';
    this.problem = undefined;
  }
}
