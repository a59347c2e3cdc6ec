import type { Condition } from '@parley/sdk/routing-document.ts';
import { useTranslation } from 'react-i18next';
import { useNames } from './names.ts';
import { type AnyAction, comparedWith } from './routing-edits.ts';

/** Conditions and actions as sentences. */
export function useRuleWords() {
  const { t } = useTranslation();
  const names = useNames();
  const list = (texts: readonly string[], name: (id: string) => string = (text) => text) =>
    texts.length === 0 ? '…' : texts.map(name).join(t('routing.comma'));

  function condition(one: Condition, isInner = false): string {
    switch (one.kind) {
      case 'all':
      case 'any': {
        const parts = one.of.map((each) => condition(each, true));
        const joined = parts.join(t(`routing.says.${one.kind}`));
        return isInner && parts.length > 1 ? t('routing.says.inner', { text: joined }) : joined || '…';
      }
      case 'not':
        return t('routing.says.not', { text: condition(one.of, true) });
      case 'channel':
        return t('routing.says.channel', { list: list(one.in, names.channel) });
      case 'channel-type':
        return t('routing.says.channelType', { list: list(one.in, names.channelType) });
      case 'language':
        return t('routing.says.language', { list: list(one.in) });
      case 'tag':
        return t('routing.says.tag', { list: list(one.in) });
      case 'intent':
        return t('routing.says.intent', { list: list(one.in) });
      case 'page':
        return t(`routing.says.page.${one.match}`, { text: one.text || '…' });
      case 'time':
        return t(`routing.says.time.${one.is}`, { name: one.scheduleId === '' ? '…' : names.schedule(one.scheduleId) });
      case 'attribute':
        return t(`routing.says.attribute.${one.is}`, { name: one.name || '…', value: comparedWith(one) });
      case 'first-words':
        return t(`routing.says.words.${one.match}`, { list: list(one.in) });
      case 'always':
      case 'vip':
      case 'returning':
        return t(`routing.says.${one.kind}`);
      default:
        return one satisfies never;
    }
  }

  function action(one: AnyAction): string {
    switch (one.kind) {
      case 'to-bot':
        return one.flowId === undefined
          ? t('routing.does.toBot')
          : t('routing.does.toBotFlow', { name: names.flow(one.flowId) });
      case 'to-group':
        return t('routing.does.toGroup', { name: one.groupId === '' ? '…' : names.group(one.groupId) });
      case 'to-agent':
        return t('routing.does.toAgent', { name: one.agentId === '' ? '…' : names.agent(one.agentId) });
      case 'not-to-agent':
        return t('routing.does.notToAgent', { name: one.agentId === '' ? '…' : names.agent(one.agentId) });
      case 'min-level':
        return t('routing.does.minLevel', { level: one.minLevel });
      case 'priority':
        return t('routing.does.priority', { priority: t(`priority.${one.priority}`) });
      case 'tag':
        return t('routing.does.tag', { tag: one.tag || '…' });
      case 'auto-answer':
        return t('routing.does.answer', { text: one.texts.default?.slice(0, 60) || '…' });
      case 'webhook':
        return t('routing.does.webhook');
      case 'notify':
        return t('routing.does.notify', {
          list: list([...(one.supervisors ? [t('routing.sla.supervisors')] : []), ...one.agentIds.map(names.agent)]),
        });
      default:
        return one satisfies never;
    }
  }

  return { condition, action, names };
}
