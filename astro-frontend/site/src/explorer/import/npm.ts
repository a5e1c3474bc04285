// An npm lock file (version 2 or 3) as a graph, the one that `throughline graph import --npm` makes. Pure.
import { Draft, Unreadable } from './graph.ts';
import { child, has, type Json, object, text } from './json.ts';
import { licences } from './licences.ts';

const MODULES = 'node_modules/';
/** What is listed in two ways is needed in the stricter one, which comes last. */
const KINDS = [
  ['dev', 'devDependencies'],
  ['peer', 'peerDependencies'],
  ['normal', 'dependencies'],
  ['optional', 'optionalDependencies'],
] as const;

export function readNpm(lock: Json): Draft {
  const version = lock['lockfileVersion'];
  if (version !== 2 && version !== 3) throw new Unreadable(`Lock files of version ${String(version)} are not read; npm 7 and later write version 2 or 3.`);
  const packages = object(lock['packages']);
  const workspace = text(lock['name']) || 'workspace';
  const draft = new Draft();
  const own = Object.entries(packages)
    .map(([path, entry]): [string, Json] => [path, object(entry)])
    .filter(([, entry]) => entry['link'] !== true);
  const members = Object.keys(packages).filter(isMember).length;
  draft.node(`workspace:${workspace}`, 'Workspace', { name: workspace, members });
  const named = (path: string, entry: Json): readonly [string, string] => nameAndVersion(path, entry, workspace);
  for (const [path, entry] of own) {
    const id = putPackage(draft, entry, named(path, entry));
    if (isMember(path)) draft.edge(id, 'MEMBER_OF', `workspace:${workspace}`);
  }
  for (const [path, entry] of own) putDependencies(draft, packages, path, entry, named);
  return draft;
}

function putPackage(draft: Draft, entry: Json, [name, version]: readonly [string, string]): string {
  const [id, packageId] = [`npm:${name}@${version}`, `npm:${name}`];
  const license = text(entry['license']) || text(object(entry['license'])['type']);
  draft.node(packageId, 'Package', { name });
  draft.node(id, 'Version', {
    name,
    version,
    install_script: entry['hasInstallScript'] === true || undefined,
    source: text(entry['resolved']),
    deprecated: text(entry['deprecated']),
    license,
  });
  draft.edge(id, 'VERSION_OF', packageId);
  for (const licence of licences(license)) {
    draft.node(`licence:${licence}`, 'Licence', { name: licence });
    draft.edge(id, 'LICENSED_UNDER', `licence:${licence}`, { expression: license });
  }
  return id;
}

function putDependencies(
  draft: Draft,
  packages: Json,
  path: string,
  entry: Json,
  named: (path: string, entry: Json) => readonly [string, string],
): void {
  const from = `npm:${named(path, entry).join('@')}`;
  for (const [kind, field] of KINDS) {
    // npm installs no development dependencies of what it installs.
    if (kind === 'dev' && !isMember(path)) continue;
    for (const [needed, requirement] of Object.entries(child(entry, field))) {
      const at = resolve(packages, path, needed);
      if (at === undefined) {
        // Peers may be left to whoever installs, and what is optional to the machine.
        if (kind === 'peer' || kind === 'optional' || has(child(entry, 'optionalDependencies'), needed)) continue;
        throw new Unreadable(`${from} needs ${needed}, which the lock file lacks.`);
      }
      const to = `npm:${named(at, child(packages, at)).join('@')}`;
      draft.edge(from, 'DEPENDS_ON', to, { kind, req: text(requirement), optional: kind === 'optional' });
    }
  }
}

/** Where node finds `needed` when a package at `path` asks for it: nearest first. */
function resolve(packages: Json, path: string, needed: string): string | undefined {
  for (let folder = path; ; ) {
    const place = `${folder}${folder ? '/' : ''}${MODULES}${needed}`;
    if (has(packages, place)) {
      const entry = child(packages, place);
      if (entry['link'] !== true) return place;
      const target = text(entry['resolved']);
      return has(packages, target) && child(packages, target)['link'] !== true ? target : undefined;
    }
    if (!folder) return undefined;
    // A folder called node_modules has none of its own.
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/'))).replace(/(^|\/+)node_modules$/, '');
  }
}

function nameAndVersion(path: string, entry: Json, workspace: string): readonly [string, string] {
  const at = path.lastIndexOf(MODULES);
  const byPath = at >= 0 ? path.slice(at + MODULES.length) : '';
  const name = text(entry['name']) || byPath || path.split('/').at(-1) || workspace;
  const version = text(entry['version']);
  if (!version && !isMember(path)) throw new Unreadable(`“${path}” has no version.`);
  return [name, version || '0.0.0'];
}

/** Whether a path is the project's own, and not installed. */
function isMember(path: string): boolean {
  return !path.startsWith(MODULES) && !path.includes(`/${MODULES}`);
}
