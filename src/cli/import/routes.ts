/** Alertmanager's tree of routes as a list that chooses the same ones. */
import { own } from '../../lib/own.js';
import { isMap, listIn, textIn, type AlertmanagerFile, type Path } from './alertmanagerFile.js';
import { allOf, conditionsOf, matchersOf, type Matcher } from './matchers.js';

interface Node {
  path: Path;
  matchers: Matcher[];
  receiver: string;
  continue: boolean;
  mutes: string[];
  children: Node[];
}

/** A route of the list. The first that takes an event is the last, unless `continue` is set. */
export interface FlatRoute {
  path: Path;
  receiver: string;
  match: Record<string, unknown>;
  when: string | undefined;
  continue: boolean;
  mutes: string[];
}

/** Settings of a route that stay with Alertmanager, which goes on grouping what it sends. */
const OF_ALERTMANAGER = ['group_by', 'group_wait', 'group_interval', 'repeat_interval'];

export function flatRoutes(file: AlertmanagerFile): FlatRoute[] {
  const route = own(file.content, 'route');
  if (!isMap(route)) {
    file.note([], 'has no route');
    return [];
  }
  const root = nodeOf(route, ['route'], file, { receiver: '', mutes: [] });
  return hasContinue(root) ? explicitly(root, [], []) : inOrder(root, []);
}

function nodeOf(
  route: Record<string, unknown>,
  path: Path,
  file: AlertmanagerFile,
  inherited: { receiver: string; mutes: string[] },
): Node {
  for (const setting of OF_ALERTMANAGER) {
    if (own(route, setting) === undefined) continue;
    file.note(
      [...path, setting],
      'stays in Alertmanager, which groups and repeats what it sends to sendproof',
    );
  }
  if (listIn(route, 'active_time_intervals').length > 0) {
    file.note(
      [...path, 'active_time_intervals'],
      'is not translated: name the other times in "mute"',
    );
  }
  const receiver = textIn(route, 'receiver') ?? inherited.receiver;
  const mutes = listIn(route, 'mute_time_intervals').map(String);
  return {
    path,
    receiver,
    mutes,
    matchers: path.length === 1 ? [] : matchersOf(route, file, path),
    continue: own(route, 'continue') === true,
    children: listIn(route, 'routes').flatMap((child, index) =>
      isMap(child) ? [nodeOf(child, [...path, 'routes', index], file, { receiver, mutes })] : [],
    ),
  };
}

function hasContinue({ children }: Node): boolean {
  return children.some((child) => child.continue || hasContinue(child));
}

/** Without `continue`, the first of the deepest ones is chosen: the list has them before what they are in. */
function inOrder(node: Node, above: readonly Matcher[]): FlatRoute[] {
  const matchers = [...above, ...node.matchers];
  return [
    ...node.children.flatMap((child) => inOrder(child, matchers)),
    flat(node, matchers, [], false),
  ];
}

/** Several can be chosen: each says by itself when it is. */
function explicitly(
  node: Node,
  above: readonly Matcher[],
  unless: readonly (readonly Matcher[])[],
): FlatRoute[] {
  const matchers = [...above, ...node.matchers];
  const routes: FlatRoute[] = [];
  const before: (readonly Matcher[])[] = [];
  for (const child of node.children) {
    routes.push(...explicitly(child, matchers, [...unless, ...before]));
    if (!child.continue) before.push(child.matchers);
  }
  const inChildren = node.children.map((child) => child.matchers);
  return [...routes, flat(node, matchers, [...unless, ...inChildren], true)];
}

function flat(
  { mutes, path, receiver }: Node,
  matchers: readonly Matcher[],
  unless: readonly (readonly Matcher[])[],
  goesOn: boolean,
): FlatRoute {
  const { match, when } = conditionsOf(matchers);
  const conditions = [...when, ...unless.map((each) => `!(${allOf(each)})`)];
  return {
    path,
    receiver,
    match,
    when: conditions.length === 0 ? undefined : conditions.join(' && '),
    continue: goesOn,
    mutes,
  };
}
