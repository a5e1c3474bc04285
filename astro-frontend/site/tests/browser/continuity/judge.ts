// Judges the stored trace of one part: one tree from the click or the page's request to the store, each hop ended once with its
// status, the replay's id on it, and one error event in its place.
import type { SpanNode, Trace } from '@throughline/shared/inspector';
import { type Expected as Checks, nodes, pathTo } from '../inspector.ts';
import type { Expected, Hop, Status } from './rows.ts';

/** The span with which a trace of this hop begins. */
const HEAD: Record<Hop, string> = { browser: 'ui.action', ssr: 'http.server' };

/** What the inspector is asked to hold the trace to. */
export function checks(hop: Hop, expected: Expected): Checks {
  const services = [
    hop,
    ...(expected.ran.gateway.length > 0 ? ['gateway'] : []),
    ...(expected.ran.graph.length > 0 ? ['graph'] : []),
    ...(expected.store ? ['sqlite'] : []),
    ...(hop === 'ssr' && expected.load !== false ? ['browser'] : []),
  ];
  // Baggage is the same at both ends of a hop, where there is one.
  const sameBaggage = services.length > 1;
  return { services, noOrphans: true, oneRoot: true, sameBaggage, errors: expected.event ? 1 : 0 };
}

/** Everything that does not hold of what the inspector let pass. */
export function judge(hop: Hop, trace: Trace, expected: Expected): string[] {
  const wrong: string[] = [];
  const unless = (holds: boolean, what: string): void => {
    if (!holds) wrong.push(what);
  };
  const all = nodes(trace);
  const of = (service: string, op: string): SpanNode[] => all.filter(({ span }) => span?.service === service && span.op === op);
  const [root] = trace.roots;
  unless(root?.span?.service === hop && root.span.op === HEAD[hop], `its root is ${root?.span?.service} ${root?.span?.op}`);
  unless(of(hop, HEAD[hop]).length === 1, `${of(hop, HEAD[hop]).length} of ${HEAD[hop]}`);
  unless(trace.strayEvents.length === 0, `${trace.strayEvents.length} events hang under no span`);
  for (const service of ['gateway', 'graph'] as const) {
    const ended = of(service, 'rpc.server').map(statusOf);
    const wanted = expected.ran[service];
    const right = ended.length === wanted.length && wanted.every((status, at) => matches(status, ended[at]));
    unless(right, `${service} ended calls with [${ended.join()}], not [${wanted.join()}]`);
  }
  const called = of(hop, 'rpc.client').map(statusOf).at(-1);
  unless(matches(expected.called, called), `the hop's own call ended with ${called}, not ${expected.called}`);
  const statement = pathTo(trace, ({ span }) => span?.op === 'db.query');
  unless((statement !== undefined) === expected.store, expected.store ? 'no statement' : 'a statement of the database');
  if (statement) unless(statement.includes('graph rpc.server'), `a statement under ${statement.join(' > ')}`);
  unless(expected.event === (root?.events.length === 1), `${root?.events.length} events under ${HEAD[hop]}`);
  for (const event of root?.events ?? []) unless(event.service === hop, `\`${event.title}\` is of ${event.service}`);
  if (hop === 'browser') unless(/^[0-9a-f]{32}$/.test(trace.samplingContext['replay_id'] ?? ''), 'no replay id');
  const [load] = of('browser', 'pageload');
  if (hop === 'ssr' && expected.load !== false) unless(load?.span?.attributes['sentry.replay_id'] !== undefined, 'no replay id on the page load');
  return wrong;
}

function matches(wanted: Status, status: string | undefined): boolean {
  return typeof wanted === 'string' ? wanted === status : wanted.test(status ?? '');
}

function statusOf({ span }: SpanNode): string {
  return String(JSON.parse(span?.attributes['rpc.response.status_code'] ?? '""'));
}
