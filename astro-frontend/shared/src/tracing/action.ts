// A user's action: a trace of its own, linked to that of the page load, with everything it calls inside.
import { Code, ConnectError, type CallOptions, createContextValues } from '@connectrpc/connect';
import { parentSpan } from './interceptor.ts';
import type { SentrySource, Span } from './sentry-api.ts';

/** What runs while a user waits. */
export interface Action {
  /** 32 hex digits; empty where nothing is traced. */
  readonly traceId: string;
  readonly span: Span | undefined;
  readonly signal: AbortSignal;
  /** Goes with each call that the action makes: `client.getNode(request, action.call)`. */
  readonly call: CallOptions;
  /** Runs what is synchronous with the action's span as the active one. */
  readonly within: <T>(work: () => T) => T;
  /**
   * Starts what nobody awaits: the action ends when it has, and its failure is captured in the action's trace. The bare
   * promise would be rejected into the trace of the page.
   */
  readonly spawn: (work: () => Promise<void>) => void;
}

/** How an action is run. */
export interface ActionOptions {
  /** Ends the action from outside. */
  readonly signal?: AbortSignal;
  readonly attributes?: Record<string, string | number | boolean>;
}

/** How all actions of a page are run. */
export interface ActionsOptions {
  /** Whether an error is to be captured, where it is no cancel; all are if not given. */
  readonly captures?: (error: unknown) => boolean;
}

/** Whoever wants to know of actions as they begin, such as a trace chip. */
export type ActionObserver = (action: Action, name: string) => void;

/** Runs actions with the SDK that `source` gives. */
export class Actions {
  readonly #source: SentrySource;
  readonly #pageLoad: () => Span | undefined;
  readonly #captures: (error: unknown) => boolean;
  readonly #observers = new Set<ActionObserver>();
  #last: Parameters<ActionObserver> | undefined;
  /** Ends each action that runs. */
  readonly #running = new Set<() => void>();

  /** `pageLoad` gives the span of the page load, to which actions are linked. */
  constructor(source: SentrySource, pageLoad: () => Span | undefined, options: ActionsOptions = {}) {
    this.#source = source;
    this.#pageLoad = pageLoad;
    this.#captures = options.captures ?? (() => true);
  }

  /** Calls back for each action that begins, and for the last one that has; returns what ends it. */
  observe(observer: ActionObserver): () => void {
    this.#observers.add(observer);
    if (this.#last) observer(...this.#last);
    return () => this.#observers.delete(observer);
  }

  /** Ends all that run, as cancelled, at once: for a page that is being left. */
  stopAll(): void {
    for (const stop of [...this.#running]) stop();
  }

  /**
   * Runs `work` in a trace of its own. An error is captured inside it, once, and thrown on; one that was
   * only a cancel is not captured. Whatever it still calls when it ends is ended too: a loop that is left early
   * calls nothing of its stream.
   */
  async run<T>(name: string, work: (action: Action) => Promise<T>, options: ActionOptions = {}): Promise<T> {
    const ended = new AbortController();
    const spawned: Promise<boolean>[] = [];
    const action = this.#begin(name, options, ended.signal, spawned);
    const end = (): void => {
      ended.abort();
      action.span?.end();
      this.#running.delete(stop);
    };
    const stop = (): void => {
      action.span?.setStatus({ code: 2, message: 'cancelled' });
      end();
    };
    this.#running.add(stop);
    this.#last = [action, name];
    for (const observer of this.#observers) observer(action, name);
    try {
      const result = await work(action);
      if (spawned.length === 0) {
        action.span?.setStatus({ code: 1 });
        end();
      } else {
        void Promise.all(spawned).then((came) => {
          if (came.every(Boolean)) action.span?.setStatus({ code: 1 });
          end();
        });
      }
      return result;
    } catch (error) {
      this.#fail(action, error);
      end();
      throw error;
    }
  }

  #begin(name: string, options: ActionOptions, ended: AbortSignal, spawned: Promise<boolean>[]): Action {
    const sentry = this.#source();
    const signal = options.signal ? AbortSignal.any([options.signal, ended]) : ended;
    const pageLoad = this.#pageLoad();
    const span = sentry?.startNewTrace(() =>
      sentry.startInactiveSpan({
        name,
        op: 'ui.action',
        forceTransaction: true,
        attributes: { 'sentry.origin': 'manual.ui.action', 'sentry.source': 'custom', ...options.attributes },
        ...(pageLoad && {
          links: [{ context: pageLoad.spanContext(), attributes: { 'sentry.link.type': 'previous_trace' } }],
        }),
      }),
    );
    const contextValues = createContextValues().set(parentSpan, span);
    const action: Action = {
      span,
      signal,
      traceId: span?.spanContext().traceId ?? '',
      call: { signal, contextValues },
      within: (work) => (sentry && span ? sentry.withActiveSpan(span, work) : work()),
      spawn: (work) => {
        const failed = (error: unknown): boolean => {
          this.#fail(action, error);
          return false;
        };
        spawned.push(work().then(() => true, failed));
      },
    };
    return action;
  }

  #fail(action: Action, error: unknown): void {
    const sentry = this.#source();
    const code = ConnectError.from(error).code;
    const cancelled = action.signal.aborted || code === Code.Canceled;
    action.span?.setStatus({ code: 2, message: cancelled ? 'cancelled' : 'internal_error' });
    if (cancelled || !sentry || !this.#captures(error)) return;
    action.within(() => sentry.captureException(error));
  }
}
