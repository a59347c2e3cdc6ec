import { everyoneId, groupWithDefaults, type RoutingConfig, type SkillGroup } from '@parley/sdk/routing-document.ts';
import { NumberedMap } from '../base/numbered-map.ts';
import { SortedList } from '../base/sorted-list.ts';
import { asLanguages } from './language-tags.ts';
import { byPlace, classColumns, type Entry, type Group, placeKey, profileColumns } from './routing-state.ts';
import type { SpokenLanguages } from './spoken-languages.ts';
import { ToldWaits } from './told-waits.ts';
import { ServiceRate } from './wait-estimate.ts';
import { alwaysOpen, createWorkingHours, type WorkingHours } from './working-hours.ts';

/** The groups of a configuration, empty. What was learned of a group of the same name goes on. */
export function buildGroups(
  config: RoutingConfig,
  former: ReadonlyMap<string, Group>,
  spoken: SpokenLanguages,
  now: number,
): Map<string, Group> {
  const hours = new Map(config.schedules.map((schedule) => [schedule.id, createWorkingHours(schedule)]));
  const everyone = config.defaultGroupId === null ? [groupWithDefaults({ id: everyoneId, name: 'Everyone' })] : [];
  return new Map(
    [...config.groups, ...everyone].map((group) => [
      group.id,
      buildGroup(group, hours.get(group.scheduleId ?? '') ?? alwaysOpen, former.get(group.id), spoken, now),
    ]),
  );
}

function buildGroup(
  config: SkillGroup,
  hours: WorkingHours,
  former: Group | undefined,
  spoken: SpokenLanguages,
  now: number,
): Group {
  return {
    config,
    languages: config.languages && asLanguages(config.languages),
    hours,
    isOpen: hours.isOpen(now),
    members: new Map(),
    profiles: new NumberedMap(Object.keys(profileColumns).length),
    spoken,
    absent: new Map(),
    staffed: 0,
    waiting: new SortedList<Entry>(byPlace, placeKey),
    classes: new NumberedMap(Object.keys(classColumns).length),
    turns: former?.turns ?? 0,
    rate: former?.rate ?? new ServiceRate(),
    told: former?.told ?? new ToldWaits(),
    abandoned: former?.abandoned ?? 0,
    needsReview: true,
    dueAt: undefined,
    dueName: `1 ${config.id}`,
  };
}

/** The groups of every agent that the configuration names, each with the agent's level. */
export function membershipsOf(config: RoutingConfig): Map<string, { groupId: string; level: number }[]> {
  const found = new Map<string, { groupId: string; level: number }[]>();
  for (const { id: groupId, members } of config.groups) {
    for (const { agentId, level } of members) {
      const of = found.get(agentId);
      if (of === undefined) found.set(agentId, [{ groupId, level }]);
      else of.push({ groupId, level });
    }
  }
  return found;
}
