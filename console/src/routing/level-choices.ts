import type { TFunction } from 'i18next';

const levels = [1, 2, 3, 4, 5] as const;

/** The levels of skill, with their names, for a field in which one is chosen. */
export const levelChoices = (t: TFunction) =>
  levels.map((level) => ({ value: String(level), label: t(`routing.level.l${level}`) }));
