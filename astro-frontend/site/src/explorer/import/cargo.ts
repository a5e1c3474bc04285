// What `cargo metadata` knows of a workspace as a graph, the one that `throughline graph import --cargo` makes. Pure.
import { Draft } from './graph.ts';
import { type Json, list, object, text, texts } from './json.ts';
import { licences } from './licences.ts';

export function readCargo(metadata: Json): Draft {
  const draft = new Draft();
  const workspace = text(metadata['workspace_root']).split(/[\\/]/).filter(Boolean).at(-1) ?? 'workspace';
  const members = new Set(texts(metadata['workspace_members']));
  draft.node(`workspace:${workspace}`, 'Workspace', { name: workspace, members: members.size });
  const packages = new Map(list(metadata['packages']).map((it) => [text(object(it)['id']), object(it)] as const));
  for (const [id, of] of packages) {
    putPackage(draft, of);
    if (members.has(id)) draft.edge(versionId(of), 'MEMBER_OF', `workspace:${workspace}`);
  }
  for (const node of list(object(metadata['resolve'])['nodes']).map(object)) {
    const of = packages.get(text(node['id']));
    for (const resolved of list(node['deps']).map(object)) {
      const target = packages.get(text(resolved['pkg']));
      if (of && target) draft.edge(versionId(of), 'DEPENDS_ON', versionId(target), dependsOn(of, resolved, target));
    }
  }
  return draft;
}

function versionId(of: Json): string {
  return `crate:${text(of['name'])}@${text(of['version'])}`;
}

function putPackage(draft: Draft, of: Json): void {
  const [id, name] = [versionId(of), text(of['name'])];
  draft.node(`crate:${name}`, 'Crate', { name });
  const kinds = list(of['targets']).flatMap((target) => texts(object(target)['kind']));
  const license = text(of['license']);
  draft.node(id, 'Version', {
    name,
    version: text(of['version']),
    edition: text(of['edition']),
    proc_macro: kinds.includes('proc-macro'),
    build_script: kinds.includes('custom-build'),
    description: text(of['description']).trim(),
    license,
    repository: text(of['repository']),
    source: text(of['source']),
    links: text(of['links']),
    rust_version: full(text(of['rust_version'])),
    keywords: texts(of['keywords']).join(', '),
    categories: texts(of['categories']).join(', '),
  });
  draft.edge(id, 'VERSION_OF', `crate:${name}`);
  for (const licence of licences(license)) {
    draft.node(`licence:${licence}`, 'Licence', { name: licence });
    draft.edge(id, 'LICENSED_UNDER', `licence:${licence}`, { expression: license });
  }
  for (const author of texts(of['authors'])) {
    // The mail stays out of the id, since one person uses several.
    const [, called = '', mail = ''] = /^([^<]*)(?:<([^>]*)>?)?/.exec(author.replace(/\p{Cc}/gu, '')) ?? [];
    const who = called.trim() || mail.trim();
    if (!who) continue;
    draft.node(`author:${who}`, 'Author', { name: who });
    draft.edge(id, 'AUTHORED_BY', `author:${who}`);
  }
}

/** A version with all of its three numbers. */
function full(version: string): string {
  return /^\d+(\.\d+)?$/.test(version) ? full(`${version}.0`) : version;
}

/** One package may depend on another in several ways, which together are one edge. */
function dependsOn(of: Json, resolved: Json, target: Json): Record<string, string | boolean> {
  const ways = list(resolved['dep_kinds']).map(object);
  const kinds = ways.map((way) => text(way['kind']) || 'normal');
  const declared = list(of['dependencies'])
    .map(object)
    .filter((it) => it['name'] === target['name'] && kinds.includes(text(it['kind']) || 'normal'));
  const platforms = ways.map((way) => text(way['target']));
  return {
    kind: sorted(kinds, ', '),
    optional: declared.length > 0 && declared.every((it) => it['optional'] === true),
    req: sorted(declared.map((it) => text(it['req'])), ' | '),
    features: sorted(declared.flatMap((it) => texts(it['features'])), ', '),
    target: platforms.includes('') ? '' : sorted(platforms, ' | '),
  };
}

function sorted(texts: readonly string[], joint: string): string {
  return [...new Set(texts)].sort().join(joint);
}
