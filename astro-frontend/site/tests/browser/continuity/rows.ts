// The rows `browser` and `ssr` of the continuity matrix, as data: what each fault means at these hops, and what must come of it.
//
// | fault         | browser                                                        | ssr                                          |
// | ---           | ---                                                            | ---                                          |
// | ok            | a click whose answer is shown                                  | a page is loaded                             |
// | handler error | the click's handler fails with a gRPC status, after the answer | so does the page's frontmatter               |
// | panic         | an exception in the island's handler, in work that nobody      | in the frontmatter, in work that nobody      |
// |               | awaits, in the loop over a stream                              | awaits, when the head is on the way          |
// | deadline      | the page's deadline passes while the graph service holds it up | the server's passes                          |
// | client cancel | the reader cancels; the reader leaves the page                 | the reader stops loading                     |
// | peer down     | the gateway is gone before the click; during it                | the gateway is gone                          |
// | slow peer     | the gateway takes longer; its process is stopped               | the same                                     |
// | collector     | the browser's collector refuses; hangs                         | the server's                                 |

/** The columns, as `continuity::matrix::FAULTS` has them. */
export const FAULTS = ['ok', 'handler error', 'panic', 'deadline', 'client cancel', 'peer down', 'slow peer', 'collector'] as const;

export type Hop = 'browser' | 'ssr';

/** What is done beside asking for a fault; it is the fault where none is asked for. */
export type Deed =
  | 'cancelled'
  | 'left'
  | 'gateway killed'
  | 'gateway killed meanwhile'
  | 'gateway stopped'
  | 'collector refusing'
  | 'collector hanging';

/** A gRPC status, or any of several. */
export type Status = string | RegExp;

export interface Expected {
  /** What the reader reads; nothing where there is nobody left to read. */
  readonly said?: RegExp;
  /** Not before so many milliseconds. */
  readonly least?: number;
  /** How each call of these services ended, in order. */
  readonly ran: { readonly gateway: readonly Status[]; readonly graph: readonly Status[] };
  /** How the last call of the hop itself ended. */
  readonly called: Status;
  /** Whether the database was asked. */
  readonly store: boolean;
  /** Whether there is an error event, the hop's own; it hangs under the click or the page's request. */
  readonly event: boolean;
  /** Whether the trace has a page load: no page came of a request that was broken off. */
  readonly load?: boolean;
}

export interface Part {
  readonly name: string;
  /** What is asked for, and who must say that it fired. */
  readonly fault?: readonly [hop: Hop | 'gateway' | 'graph', fault: string];
  readonly deed?: Deed;
  readonly expected: Expected;
}

export interface Row {
  readonly hop: Hop;
  readonly cells: Readonly<Record<(typeof FAULTS)[number], readonly Part[]>>;
}

const both = (status: Status): Expected['ran'] => ({ gateway: [status], graph: [status] });
const NOBODY: Expected['ran'] = { gateway: [], graph: [] };

const ANSWERED: Expected = { said: /It was answered/, ran: both('OK'), called: 'OK', store: true, event: false };
const FAILED: Expected = { ...ANSWERED, said: /Something went wrong/, event: true };
const OVERDUE: Expected = { said: /took too long/, ran: both('DEADLINE_EXCEEDED'), called: 'DEADLINE_EXCEEDED', store: false, event: true };
const CANCELLED: Expected = { ran: both('CANCELLED'), called: 'CANCELLED', store: false, event: false };
const UNREACHED: Expected = { said: /cannot be reached/, ran: NOBODY, called: 'UNAVAILABLE', store: false, event: true };
const STOPPED: Expected = { ...OVERDUE, ran: { gateway: ['DEADLINE_EXCEEDED'], graph: [] } };

/** How long the lab waits where a deadline is to pass, and the site's server in all. */
export const DEADLINE_MS = { browser: 2_500, ssr: 5_000 };

/** How long the lab waits where none is to pass, however slow the machine. */
export const NO_DEADLINE_MS = 30_000;

const PAGE: Expected = { ...ANSWERED, said: /Properties/ };

export const ROWS: readonly Row[] = [
  {
    hop: 'browser',
    cells: {
      ok: [{ name: '', expected: ANSWERED }],
      'handler error': [{ name: '', fault: ['browser', 'error:internal'], expected: { ...FAILED, said: /The service failed/ } }],
      panic: [
        { name: 'in handler', fault: ['browser', 'panic'], expected: FAILED },
        // The answer is there before the work that nobody awaits fails.
        { name: 'in spawned task', fault: ['browser', 'panic-spawned'], expected: { ...ANSWERED, event: true } },
        {
          name: 'in stream',
          fault: ['browser', 'panic-stream'],
          // The stream is left at its first message; whether the rest of it was written by then is all the same.
          expected: { ...FAILED, ran: { gateway: ['OK', /^(OK|CANCELLED)$/], graph: ['OK', /^(OK|CANCELLED)$/] }, called: 'CANCELLED' },
        },
      ],
      deadline: [{ name: '', fault: ['graph', 'stall'], expected: { ...OVERDUE, least: DEADLINE_MS.browser } }],
      'client cancel': [
        { name: 'by button', fault: ['graph', 'stall'], deed: 'cancelled', expected: { ...CANCELLED, said: /Stopped/ } },
        { name: 'by leaving', fault: ['graph', 'stall'], deed: 'left', expected: CANCELLED },
      ],
      'peer down': [
        { name: 'killed', deed: 'gateway killed', expected: UNREACHED },
        { name: 'killed meanwhile', fault: ['gateway', 'stall'], deed: 'gateway killed meanwhile', expected: UNREACHED },
      ],
      'slow peer': [
        { name: 'delayed', fault: ['gateway', 'delay:500'], expected: { ...ANSWERED, least: 500 } },
        { name: 'stopped', fault: ['gateway', 'stall'], deed: 'gateway stopped', expected: { ...STOPPED, least: DEADLINE_MS.browser } },
      ],
      collector: [
        { name: 'down', deed: 'collector refusing', expected: ANSWERED },
        { name: 'hanging', deed: 'collector hanging', expected: ANSWERED },
      ],
    },
  },
  {
    hop: 'ssr',
    cells: {
      ok: [{ name: '', expected: PAGE }],
      'handler error': [{ name: '', fault: ['ssr', 'error:internal'], expected: { ...FAILED, said: /The service failed/ } }],
      panic: [
        { name: 'in frontmatter', fault: ['ssr', 'panic'], expected: FAILED },
        { name: 'in spawned task', fault: ['ssr', 'panic-spawned'], expected: { ...PAGE, event: true } },
        { name: 'in stream', fault: ['ssr', 'panic-stream'], expected: { ...PAGE, event: true, load: false } },
      ],
      deadline: [{ name: '', fault: ['graph', 'stall'], expected: { ...OVERDUE, least: DEADLINE_MS.ssr } }],
      'client cancel': [{ name: '', fault: ['graph', 'stall'], deed: 'cancelled', expected: { ...CANCELLED, load: false } }],
      'peer down': [{ name: 'killed', deed: 'gateway killed', expected: UNREACHED }],
      'slow peer': [
        { name: 'delayed', fault: ['gateway', 'delay:500'], expected: { ...PAGE, least: 500 } },
        { name: 'stopped', fault: ['gateway', 'stall'], deed: 'gateway stopped', expected: { ...STOPPED, least: DEADLINE_MS.ssr } },
      ],
      collector: [
        { name: 'down', deed: 'collector refusing', expected: PAGE },
        { name: 'hanging', deed: 'collector hanging', expected: PAGE },
      ],
    },
  },
];
