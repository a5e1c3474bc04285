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
}

/** How an action is run. */
export interface ActionOptions {
  /** Ends the action from outside. */
  readonly signal?: AbortSignal;
  readonly attributes?: Record<string, string | number | boolean>;
}

/** Whoever wants to know of actions as they begin, such as a trace chip. */
export type ActionObserver = (action: Action, name: string) => void;

/** Runs actions with the SDK that `source` gives. */
export class Actions {
  readonly #source: SentrySource;
  readonly #pageLoad: () => Span | undefined;
  readonly #observers = new Set<ActionObserver>();

  /** `pageLoad` gives the span of the page load, to which actions are linked. */
  constructor(source: SentrySource, pageLoad: () => Span | undefined) {
    this.#source = source;
    this.#pageLoad = pageLoad;
  }

  /** Calls back for each action that begins; returns what ends it. */
  observe(observer: ActionObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /**
   * Runs `work` in a trace of its own. An error is captured inside it, once, and thrown on; one that was
   * only a cancel is not captured.
   */
  async run<T>(name: string, work: (action: Action) => Promise<T>, options: ActionOptions = {}): Promise<T> {
    const action = this.#begin(name, options);
    for (const observer of this.#observers) observer(action, name);
    try {
      const result = await work(action);
      action.span?.setStatus({ code: 1 });
      return result;
    } catch (error) {
      this.#fail(action, error);
      throw error;
    } finally {
      action.span?.end();
    }
  }

  #begin(name: string, options: ActionOptions): Action {
    const sentry = this.#source();
    const signal = options.signal ?? new AbortController().signal;
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
    return {
      span,
      signal,
      traceId: span?.spanContext().traceId ?? '',
      call: { signal, contextValues },
      within: (work) => (sentry && span ? sentry.withActiveSpan(span, work) : work()),
    };
  }

  #fail(action: Action, error: unknown): void {
    const sentry = this.#source();
    const code = ConnectError.from(error).code;
    const cancelled = action.signal.aborted || code === Code.Canceled;
    action.span?.setStatus({ code: 2, message: cancelled ? 'cancelled' : 'internal_error' });
    if (cancelled || !sentry) return;
    action.within(() => sentry.captureException(error));
  }
}
