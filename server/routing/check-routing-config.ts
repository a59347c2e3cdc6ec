import { priorities } from '@parley/sdk/protocol.ts';
import {
  type Action,
  type Condition,
  type EscalationAction,
  everyoneId,
  type RoutingConfig,
  type SkillGroup,
} from '@parley/sdk/routing-document.ts';
import { refuse } from './config-reader.ts';
import { defaultRoutingConfig } from './routing-config.ts';

/** What there is outside of the document. */
export interface Known {
  readonly agentIds: ReadonlySet<string>;
  readonly channelIds: ReadonlySet<string>;
  readonly channelTypes: ReadonlySet<string>;
  /** Of the bot. */
  readonly flowIds: ReadonlySet<string>;
}

/** What no field can tell by itself: names that name nothing, or two things, and circles. */
export function checkReferences(config: RoutingConfig, known: Known): void {
  const names: Names = {
    ...known,
    // What has a weight before any channel of the type is there may be named.
    channelTypes: new Set([...known.channelTypes, ...Object.keys(defaultRoutingConfig.weights)]),
    groupIds: new Set(config.groups.map(({ id }) => id)),
    scheduleIds: new Set(config.schedules.map(({ id }) => id)),
  };
  for (const part of ['groups', 'rules', 'schedules', 'sla'] as const) checkUnique(config[part], part);
  for (const [i, group] of config.groups.entries()) checkGroup(group, `groups[${i}]`, names);
  for (const [i, { special }] of config.schedules.entries()) checkDays(special, `schedules[${i}].special`);
  for (const [i, rule] of config.rules.entries()) {
    checkCondition(rule.when, `rules[${i}].when`, names);
    checkActions(rule.actions, `rules[${i}].actions`, names);
  }
  for (const [i, sla] of config.sla.entries()) {
    checkId(sla.groupId, `sla[${i}].groupId`, 'group', names.groupIds);
    checkId(sla.scheduleId, `sla[${i}].scheduleId`, 'schedule', names.scheduleIds);
    for (const [e, { actions }] of sla.escalate.entries())
      checkActions(actions, `sla[${i}].escalate[${e}].actions`, names);
  }
  checkId(config.defaultGroupId, 'defaultGroupId', 'group', names.groupIds);
  checkTypes(Object.keys(config.weights), (type) => `weights.${type}`, names);
  checkTypes(config.exclusive, (_, i) => `exclusive[${i}]`, names);
  checkTypes(config.presence.staysWithAgent, (_, i) => `presence.staysWithAgent[${i}]`, names);
  for (const [agentId, { channelCaps }] of Object.entries(config.agents)) {
    checkId(agentId, `agents.${agentId}`, 'agent', names.agentIds);
    checkTypes(Object.keys(channelCaps ?? {}), (type) => `agents.${agentId}.channelCaps.${type}`, names);
  }
  checkAgeing(config);
  checkCircles(config.groups);
}

interface Names extends Known {
  readonly groupIds: ReadonlySet<string>;
  readonly scheduleIds: ReadonlySet<string>;
}

function checkUnique(entries: readonly { id: string; name: string }[], path: string): void {
  for (const key of ['id', 'name'] as const) {
    const seen = new Map<string, number>();
    for (const [i, entry] of entries.entries()) {
      const before = seen.get(entry[key]);
      if (before !== undefined) refuse(`${path}[${i}].${key}`, `"${entry[key]}" is that of ${path}[${before}] already`);
      seen.set(entry[key], i);
    }
  }
}

function checkGroup(group: SkillGroup, path: string, names: Names): void {
  if (group.id === everyoneId) refuse(`${path}.id`, `"${everyoneId}" is the group of all agents: take another one`);
  checkIds(
    group.members.map(({ agentId }) => agentId),
    (i) => `${path}.members[${i}].agentId`,
    'agent',
    names.agentIds,
  );
  checkIds(group.channels ?? [], (i) => `${path}.channels[${i}]`, 'channel', names.channelIds);
  checkId(group.scheduleId, `${path}.scheduleId`, 'schedule', names.scheduleIds);
  checkIds(group.relax.widenTo ?? [], (i) => `${path}.relax.widenTo[${i}]`, 'group', names.groupIds);
  for (const [i, { to }] of group.overflow.entries()) {
    if (to.kind === 'group') checkId(to.groupId, `${path}.overflow[${i}].to.groupId`, 'group', names.groupIds);
    if (to.kind === 'agent') checkId(to.agentId, `${path}.overflow[${i}].to.agentId`, 'agent', names.agentIds);
  }
}

function checkDays(days: readonly { date: string }[], path: string): void {
  const seen = new Map<string, number>();
  for (const [i, { date }] of days.entries()) {
    const before = seen.get(date);
    if (before !== undefined) refuse(`${path}[${i}].date`, `${date} is ${path}[${before}] already`);
    seen.set(date, i);
  }
}

function checkCondition(condition: Condition, path: string, names: Names): void {
  switch (condition.kind) {
    case 'all':
    case 'any':
      for (const [i, each] of condition.of.entries()) checkCondition(each, `${path}.of[${i}]`, names);
      return;
    case 'not':
      checkCondition(condition.of, `${path}.of`, names);
      return;
    case 'channel':
      checkIds(condition.in, (i) => `${path}.in[${i}]`, 'channel', names.channelIds);
      return;
    case 'channel-type':
      checkTypes(condition.in, (_, i) => `${path}.in[${i}]`, names);
      return;
    case 'time':
      checkId(condition.scheduleId, `${path}.scheduleId`, 'schedule', names.scheduleIds);
      return;
    default:
  }
}

function checkActions(actions: readonly (Action | EscalationAction)[], path: string, names: Names): void {
  for (const [i, action] of actions.entries()) {
    if (action.kind === 'to-group') checkId(action.groupId, `${path}[${i}].groupId`, 'group', names.groupIds);
    if (action.kind === 'to-agent' || action.kind === 'not-to-agent')
      checkId(action.agentId, `${path}[${i}].agentId`, 'agent', names.agentIds);
    if (action.kind === 'to-bot') checkId(action.flowId ?? null, `${path}[${i}].flowId`, 'flow', names.flowIds);
    if (action.kind === 'notify') {
      checkIds(action.agentIds, (n) => `${path}[${i}].agentIds[${n}]`, 'agent', names.agentIds);
    }
  }
}

function checkTypes(types: readonly string[], path: (type: string, index: number) => string, names: Names): void {
  for (const [i, type] of types.entries()) checkId(type, path(type, i), 'channel type', names.channelTypes);
}

function checkIds(
  ids: readonly string[],
  path: (index: number) => string,
  what: string,
  known: ReadonlySet<string>,
): void {
  const seen = new Set<string>();
  for (const [i, id] of ids.entries()) {
    checkId(id, path(i), what, known);
    if (seen.has(id)) refuse(path(i), `"${id}" is there twice`);
    seen.add(id);
  }
}

function checkId(id: string | null, path: string, what: string, known: ReadonlySet<string>): void {
  if (id === null || known.has(id)) return;
  const some = [...known].slice(0, 10).join(', ');
  const all = known.size > 10 ? `, and ${known.size - 10} more` : '';
  refuse(path, `there is no ${what} "${id}"; there ${known.size === 0 ? 'is none' : `are ${some}${all}`}`);
}

function checkAgeing({ ageing }: RoutingConfig): void {
  for (const [i, priority] of priorities.entries()) {
    const lower = priorities[i - 1];
    if (lower !== undefined && ageing[priority] < ageing[lower]) {
      refuse(`ageing.${priority}`, `is worth less than ${lower}, which is ${ageing[lower]}`);
    }
  }
}

type Edge = { readonly to: string; readonly path: string };

/** A conversation that is sent on must arrive somewhere. */
function checkCircles(groups: readonly SkillGroup[]): void {
  const overflows = new Map<string, Edge[]>();
  const widenings = new Map<string, Edge[]>();
  for (const [g, { id, overflow, relax }] of groups.entries()) {
    overflows.set(
      id,
      overflow.flatMap(({ to }, i) =>
        to.kind === 'group' ? [{ to: to.groupId, path: `groups[${g}].overflow[${i}].to.groupId` }] : [],
      ),
    );
    widenings.set(
      id,
      (relax.widenTo ?? []).map((to, i) => ({ to, path: `groups[${g}].relax.widenTo[${i}]` })),
    );
  }
  checkCircle(groups, overflows, 'overflows');
  checkCircle(groups, widenings, 'widenings');
}

function checkCircle(groups: readonly SkillGroup[], edges: ReadonlyMap<string, readonly Edge[]>, what: string): void {
  const nameOf = new Map(groups.map(({ id, name }) => [id, name]));
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (id: string) => {
    if (done.has(id)) return;
    way.push(id);
    for (const { to, path } of edges.get(id) ?? []) {
      const from = way.indexOf(to);
      if (from >= 0) {
        const circle = [...way.slice(from), to].map((each) => `"${nameOf.get(each)}"`);
        refuse(path, `${circle.join(' → ')} is a circle of ${what}: take one of them out`);
      }
      visit(to);
    }
    way.pop();
    done.add(id);
  };
  for (const { id } of groups) visit(id);
}
