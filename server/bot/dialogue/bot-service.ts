import type { Flows } from '@parley/sdk/flow-document.ts';
import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import type { Clock } from '../../base/clock.ts';
import type { OutboundFetch } from '../../gateway/channel-fetch.ts';
import { Refusal } from '../../gateway/refusal.ts';
import {
  createPublishedDocument,
  type PublishedDocument,
  type VersionStore,
} from '../../publishing/published-document.ts';
import type { BotDoor } from '../../routing/intake.ts';
import { type Bot, type BotDeps, createBot, type StaffHours } from './at-work.ts';
import { type BotSettings, botText, defaultBotSettings } from './bot-settings.ts';
import type { KnownToFlows } from './check-flow.ts';
import type { BotDocumentKind, BotDocumentStore } from './dialogue-store.ts';
import { callForFlow } from './flow-calls.ts';
import { parseBotSettings } from './parse-bot-settings.ts';
import { parseFlows, readFlowsDocument } from './parse-flows.ts';
import { createStaffHours } from './staff-hours.ts';
import { type BotTry, createBotTry } from './try-bot.ts';

export interface BotService {
  readonly settings: PublishedDocument<BotSettings>;
  readonly flows: PublishedDocument<Flows>;
  /** For whoever decides where a conversation goes. */
  readonly door: BotDoor;
  readonly bot: Bot;
  readonly tried: BotTry;
  readonly hours: StaffHours;
  /** What flows may name, and what they can do. */
  knownToFlows(): KnownToFlows;
  /** Calls when it is switched on or off, also by another process. */
  onSwitched(listener: () => void): void;
  /** Takes over what another process has published. */
  reload(): Promise<void>;
}

/** The bot with all that it is made of. */
export async function createBotService(
  deps: Omit<BotDeps, 'settings' | 'flows' | 'hours' | 'call'> & {
    documents: BotDocumentStore;
    routing: () => RoutingConfig;
    channelIds: () => ReadonlySet<string>;
    /** Whether channels of a type show ratings: a try has a type, and no channel. */
    canRateOn: (channelType: string) => boolean;
    fetch: OutboundFetch;
    /** The installation can send e-mail. */
    canMail: boolean;
    clock: Clock;
  },
): Promise<BotService> {
  const { documents: store, clock, onError } = deps;
  const groupIds = () => new Set(deps.routing().groups.map(({ id }) => id));
  const knownToFlows = (): KnownToFlows => ({ groupIds: groupIds(), canMail: deps.canMail });
  const flows = await createPublishedDocument<Flows>({
    ...{ name: "the bot's flows", store: versionsOf(store, 'flows'), initial: { flows: [] }, clock, onError },
    parse: (document) => {
      const read = parseFlows(document, knownToFlows());
      checkRules(read, deps.routing());
      const missing = settings.current.document.reactions.find(
        ({ does }) => does.kind === 'flow' && !read.flows.some(({ id }) => id === does.flowId),
      );
      if (missing?.does.kind !== 'flow') return read;
      const { flowId } = missing.does;
      throw new Refusal(
        'settings-invalid',
        `flows: the intent ${missing.intent} begins ${flowId}, which is not there.`,
        {
          field: 'flows',
        },
      );
    },
    parseStored: (document) => readFlowsDocument(document, 'ignore'),
  });
  const settings = await createPublishedDocument<BotSettings>({
    ...{
      name: "the bot's settings",
      store: versionsOf(store, 'settings'),
      initial: defaultBotSettings,
      clock,
      onError,
    },
    parse: (document) => {
      const { schedules } = deps.routing();
      return parseBotSettings(document, {
        channelIds: deps.channelIds(),
        groupIds: groupIds(),
        scheduleIds: new Set(schedules.map(({ id }) => id)),
        flowIds: new Set(flows.current.document.flows.map(({ id }) => id)),
      });
    },
    parseStored: (document) => parseBotSettings(document, undefined, 'ignore'),
  });
  const hours = createStaffHours(deps.routing);
  const call: BotDeps['call'] = (asked, options) => callForFlow(deps.fetch, asked, options);
  const bot = createBot({ ...deps, settings, flows, hours, call });
  const { parts, canRateOn } = deps;
  const tried = createBotTry({ parts, settings, flows, hours, call, canRateOn, now: clock.now, onError });

  const door: BotDoor = {
    isOn: () => settings.current.document.enabled,
    answersFirst: (channelId, queuedAt) => {
      const { document, publishedAt } = settings.current;
      // What waited for people when the bot was switched on waits for people still.
      return document.enabled && queuedAt >= publishedAt && (document.channels?.includes(channelId) ?? true);
    },
    meanwhile: (language) => botText(settings.current.document, 'meanwhile', language),
    take: async ({ conversationId, epoch, routing }) => {
      try {
        await deps.conversations.changeOwner({
          ...{ conversationId, to: 'bot', from: ['queued'], expectEpoch: epoch, why: 'to-bot', queue: { routing } },
        });
        return true;
      } catch (error) {
        if (error instanceof Refusal) return false;
        throw error;
      }
    },
  };

  return {
    settings,
    flows,
    door,
    bot,
    tried,
    hours,
    knownToFlows,
    onSwitched: (listener) => {
      let wasOn = door.isOn();
      settings.onChange(() => {
        if (door.isOn() === wasOn) return;
        wasOn = door.isOn();
        listener();
      });
    },
    reload: async () => {
      await Promise.all([settings.reload(), flows.reload()]);
    },
  };
}

function versionsOf(store: BotDocumentStore, kind: BotDocumentKind): VersionStore {
  return {
    newest: (after) => store.newest(kind, after),
    get: (version) => store.get(kind, version),
    list: (page) => store.list(kind, page),
    add: (version) => store.add(kind, version),
  };
}

/** What a routing rule begins stays there. */
function checkRules({ flows }: Flows, { rules }: RoutingConfig): void {
  for (const { name, actions } of rules) {
    for (const action of actions) {
      if (action.kind !== 'to-bot' || action.flowId === undefined) continue;
      const { flowId } = action;
      if (flows.some(({ id }) => id === flowId)) continue;
      throw new Refusal(
        'settings-invalid',
        `flows: the routing rule "${name}" begins ${flowId}, which is not there: change the rule first.`,
        { field: 'flows' },
      );
    }
  }
}
