// Changes of the graph and what takes them back. Pure.
import { clone, create } from '@bufbuild/protobuf';
import { type Edge, EdgeSchema, type Mutation, MutationSchema, type Node, NodeSchema, type Value } from '@throughline/shared/graph';
import { format, type Kind, kindOf, parse } from './value.ts';

/** A property as it is being typed. */
export interface Row {
  name: string;
  kind: Kind;
  text: string;
}

export function rows({ properties }: Pick<Node | Edge, 'properties'>): Row[] {
  const names = Object.keys(properties).sort();
  return names.flatMap((name) => {
    const value = properties[name];
    return value ? [{ name, kind: kindOf(value), text: format(value) }] : [];
  });
}

/** The properties that rows say; or what is wrong with them, by row. */
export type Read = { readonly properties: Record<string, Value> } | { readonly faults: ReadonlyMap<number, string> };

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

export function readRows(rows: readonly Row[]): Read {
  const faults = new Map<number, string>();
  const read: Record<string, Value> = {};
  for (const [at, row] of rows.entries()) {
    const value = parse(row.kind, row.text);
    if (!NAME.test(row.name)) faults.set(at, 'A name is a letter, then letters, digits and underscores.');
    else if (row.name in read) faults.set(at, `There are two called ${row.name}.`);
    else if ('wrong' in value) faults.set(at, `“${row.text}” ${value.wrong}.`);
    else read[row.name] = value;
  }
  return faults.size > 0 ? { faults } : { properties: read };
}

/** A change, and what takes it back if nobody was there in between. */
export interface Change {
  readonly title: string;
  readonly mutations: Mutation[];
  /** Made from the etag that the change gave the node. */
  readonly back: (etag: string) => Mutation[];
  /** The node as it was, which its taking back brings about again. */
  readonly before?: Node;
}

/** Changes of a node that has come to be as it was: they are held against its new etag. */
export function rebased(mutations: readonly Mutation[], before: Node, etag: string): Mutation[] {
  return mutations.map((mutation) => {
    const { change, precondition } = mutation;
    if (precondition?.condition.value !== before.etag) return mutation;
    if (change.case === 'putNode' && change.value.id === before.id) return put(change.value, etag);
    return change.case === 'deleteNode' && change.value === before.id ? erase(before.id, etag) : mutation;
  });
}

/** A node that is not there yet. */
export function createNode(id: string, type: string, properties: Record<string, Value>): Change {
  return {
    title: `Create ${id}`,
    mutations: [putNew(create(NodeSchema, { id, type, properties }))],
    back: (etag) => [erase(id, etag)],
  };
}

export function putNode(before: Node, after: Record<string, Value>): Change {
  const node = create(NodeSchema, { id: before.id, type: before.type, properties: after });
  return {
    title: `Edit ${before.id}`,
    mutations: [put(node, before.etag)],
    back: (etag) => [put(bare(before), etag)],
    before,
  };
}

export function deleteNode(node: Node, edges: readonly Edge[]): Change {
  return {
    title: `Delete ${node.id}`,
    mutations: [erase(node.id, node.etag)],
    back: () => [putNew(bare(node)), ...edges.map((edge) => create(MutationSchema, { change: { case: 'putEdge', value: edge } }))],
    before: node,
  };
}

export function addEdge(key: Pick<Edge, 'from' | 'type' | 'to'>): Change {
  const edge = create(EdgeSchema, key);
  return {
    title: `Add ${key.type} from ${key.from} to ${key.to}`,
    mutations: [edgeMutation('putEdge', edge, false)],
    back: () => [edgeMutation('deleteEdge', edge, true)],
  };
}

export function putEdge(before: Edge, after: Record<string, Value>): Change {
  const edge = create(EdgeSchema, { from: before.from, type: before.type, to: before.to, properties: after });
  return {
    title: `Edit ${before.type} from ${before.from} to ${before.to}`,
    mutations: [edgeMutation('putEdge', edge, true)],
    back: () => [edgeMutation('putEdge', before, true)],
  };
}

export function deleteEdge(edge: Edge): Change {
  return {
    title: `Remove ${edge.type} from ${edge.from} to ${edge.to}`,
    mutations: [edgeMutation('deleteEdge', edge, true)],
    back: () => [edgeMutation('putEdge', edge, false)],
  };
}

function edgeMutation(kind: 'putEdge' | 'deleteEdge', edge: Edge, exists: boolean): Mutation {
  const precondition = { condition: { case: 'exists' as const, value: exists } };
  return create(MutationSchema, { precondition, change: { case: kind, value: edge } });
}

function put(node: Node, etag: string): Mutation {
  return create(MutationSchema, { precondition: still(etag), change: { case: 'putNode', value: node } });
}

function putNew(node: Node): Mutation {
  return create(MutationSchema, { precondition: { condition: { case: 'exists', value: false } }, change: { case: 'putNode', value: node } });
}

function erase(id: string, etag: string): Mutation {
  return create(MutationSchema, { precondition: still(etag), change: { case: 'deleteNode', value: id } });
}

function still(etag: string) {
  return { condition: { case: 'etag' as const, value: etag } };
}

/** Without what only the service writes. */
function bare(node: Node): Node {
  return create(NodeSchema, { ...clone(NodeSchema, node), etag: '' });
}

/** How two versions differ: each property that is not the same in both. */
export function differences(mine: Record<string, Value>, theirs: Record<string, Value>): { name: string; mine: string; theirs: string }[] {
  const names = [...new Set([...Object.keys(mine), ...Object.keys(theirs)])].sort();
  return names
    .map((name) => ({ name, mine: format(mine[name]), theirs: format(theirs[name]) }))
    .filter((it) => it.mine !== it.theirs);
}
