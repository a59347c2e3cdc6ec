import type { SurveyHad, SurveySkip } from '@parley/sdk/protocol.ts';
import type { Kysely } from 'kysely';
import type {
  ResolvedConversation,
  Survey,
  SurveyAnswer,
  SurveyPlace,
  SurveyStore,
  SurveyWay,
} from '../../surveys/survey-store.ts';
import { conversationNo } from './conversation-no.ts';
import type { Tables } from './schema.ts';
import { locking, type SqlEngine } from './sql-engine.ts';

const idsAtOnce = 200;

/** What customers say after a conversation was resolved, in SQL. */
export class SqlSurveyStore implements SurveyStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async closed(after: SurveyPlace, until: number, limit: number): Promise<ResolvedConversation[]> {
    const rows = await this.#db
      .selectFrom('conversations')
      .leftJoin('surveys', 'surveys.conversation_id', 'conversations.id')
      .select([
        'conversations.id',
        'conversations.owner_epoch',
        'conversations.contact_id',
        'conversations.channel_id',
        'conversations.closed_at',
        'conversations.sort_at',
        'conversations.tags',
        'conversations.language',
        'conversations.skill_group_id',
      ])
      .where('conversations.status', '=', 'closed')
      .where('conversations.sort_at', '>=', after.at)
      .where('conversations.sort_at', '<=', until)
      .where((is) => is.or([is('conversations.sort_at', '>', after.at), is('conversations.id', '>', after.no)]))
      .where((is) =>
        is.or([
          is('surveys.conversation_id', 'is', null),
          is('surveys.state', '=', 'asking'),
          is.and([
            is('surveys.state', '=', 'skipped'),
            is('surveys.closed_at', '<', is.ref('conversations.closed_at')),
          ]),
        ]),
      )
      .orderBy('conversations.sort_at')
      .orderBy('conversations.id')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      ...{ id: String(row.id), epoch: row.owner_epoch, contactId: row.contact_id, channelId: row.channel_id },
      ...{ closedAt: row.closed_at ?? row.sort_at, sortAt: row.sort_at, tags: JSON.parse(row.tags) as string[] },
      ...{ language: row.language, groupId: row.skill_group_id },
    }));
  }

  async lastAsked(contactId: string): Promise<number | null> {
    const row = await this.#db
      .selectFrom('surveys')
      .select('asked_at')
      .where('contact_id', '=', contactId)
      .where('state', 'in', ['asked', 'answered'])
      .orderBy('asked_at', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row?.asked_at ?? null;
  }

  put(survey: Survey): Promise<boolean> {
    const no = conversationNo(survey.conversationId);
    return this.#engine.transaction(async (transaction) => {
      // Whoever erases the contact meanwhile waits, and then removes what is added here.
      const conversation = transaction.selectFrom('conversations').select('id').where('id', '=', no);
      if ((await locking(this.#engine, conversation).executeTakeFirst()) === undefined) return false;
      const before = await transaction
        .selectFrom('surveys')
        .select('state')
        .where('conversation_id', '=', no)
        .executeTakeFirst();
      if (before?.state === 'asked' || before?.state === 'answered') return false;
      if (before !== undefined) await transaction.deleteFrom('surveys').where('conversation_id', '=', no).execute();
      await transaction.insertInto('surveys').values(rowOf(survey)).execute();
      return true;
    });
  }

  async get(conversationId: string): Promise<Survey | undefined> {
    const row = await this.#db
      .selectFrom('surveys')
      .selectAll()
      .where('conversation_id', '=', conversationNo(conversationId))
      .executeTakeFirst();
    return row === undefined ? undefined : surveyFrom(row);
  }

  answer(
    conversationId: string,
    { score, comment, via, asks, at }: SurveyAnswer,
    before: Pick<Survey, 'answeredAt'>,
  ): Promise<boolean> {
    const no = conversationNo(conversationId);
    return this.#engine.transaction(async (transaction) => {
      const held = transaction.selectFrom('surveys').select(['state', 'answered_at']).where('conversation_id', '=', no);
      const row = await locking(this.#engine, held).executeTakeFirst();
      const isSame = (row?.answered_at ?? null) === before.answeredAt;
      if (row === undefined || row.state === 'skipped' || !isSame) return false;
      await transaction
        .updateTable('surveys')
        .set({ state: 'answered', score, comment, via, asks: Number(asks), answered_at: row.answered_at ?? at })
        .where('conversation_id', '=', no)
        .execute();
      return true;
    });
  }

  async asked({ from, to }: { from: number; to: number }, after: SurveyPlace, limit: number) {
    const rows = await this.#db
      .selectFrom('surveys')
      .select(outlined)
      .where('asked_at', '>=', Math.max(from, after.at))
      .where('asked_at', '<', to)
      .where((is) => is.or([is('asked_at', '>', after.at), is('conversation_id', '>', after.no)]))
      .orderBy('asked_at')
      .orderBy('conversation_id')
      .limit(limit)
      .execute();
    return rows.map((row) => {
      const { comment: _, ...survey } = surveyFrom({ ...row, comment: null });
      return { ...survey, no: row.conversation_id };
    });
  }

  async answered(before: SurveyPlace | null, limit: number): Promise<(Survey & { no: number })[]> {
    const { at, no } = before ?? { at: Number.MAX_SAFE_INTEGER, no: 0 };
    const rows = await this.#db
      .selectFrom('surveys')
      .selectAll()
      .where('answered_at', '<=', at)
      .where((is) => is.or([is('answered_at', '<', at), is('conversation_id', '<', no)]))
      .orderBy('answered_at', 'desc')
      .orderBy('conversation_id', 'desc')
      .limit(limit)
      .execute();
    return rows.map((row) => ({ ...surveyFrom(row), no: row.conversation_id }));
  }

  async scores(conversationIds: readonly string[]): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for (let from = 0; from < conversationIds.length; from += idsAtOnce) {
      const rows = await this.#db
        .selectFrom('surveys')
        .select(['conversation_id', 'score'])
        .where('conversation_id', 'in', conversationIds.slice(from, from + idsAtOnce).map(conversationNo))
        .execute();
      for (const row of rows) if (row.score !== null) found.set(String(row.conversation_id), row.score);
    }
    return found;
  }

  async lowAfter(after: SurveyPlace, until: number, limit: number) {
    const rows = await this.#db
      .selectFrom('surveys')
      .select(['conversation_id', 'answered_at'])
      .where('answered_at', '>=', after.at)
      .where('answered_at', '<', until)
      .where((is) => is.or([is('answered_at', '>', after.at), is('conversation_id', '>', after.no)]))
      .where('score', '<=', 2)
      .where('had', '=', 'bot')
      .orderBy('answered_at')
      .orderBy('conversation_id')
      .limit(limit)
      .execute();
    return rows.map(({ conversation_id: no, answered_at: at }) => ({ conversationId: String(no), at: at ?? 0, no }));
  }
}

const outlined = [
  'conversation_id',
  'contact_id',
  'channel_id',
  'channel_type',
  'state',
  'why',
  'closed_at',
  'asked_at',
  'had',
  'agent_id',
  'group_id',
  'language',
  'score',
  'answered_at',
  'via',
  'asks',
] as const;

function rowOf(survey: Survey): Tables['surveys'] {
  return {
    ...{ conversation_id: conversationNo(survey.conversationId), contact_id: survey.contactId },
    ...{ channel_id: survey.channelId, channel_type: survey.channelType, state: survey.state, why: survey.why },
    ...{ closed_at: survey.closedAt, asked_at: survey.askedAt, had: survey.had, agent_id: survey.agentId },
    ...{ group_id: survey.groupId, language: survey.language, score: survey.score, comment: survey.comment },
    ...{ answered_at: survey.answeredAt, via: survey.via, asks: Number(survey.asks) },
  };
}

function surveyFrom(row: Tables['surveys']): Survey {
  return {
    ...{ conversationId: String(row.conversation_id), contactId: row.contact_id },
    ...{ channelId: row.channel_id, channelType: row.channel_type },
    ...{ state: row.state as Survey['state'], why: row.why as SurveySkip | null },
    ...{ closedAt: row.closed_at, askedAt: row.asked_at, had: row.had as SurveyHad | null },
    ...{ agentId: row.agent_id, groupId: row.group_id, language: row.language },
    ...{ score: row.score, comment: row.comment, answeredAt: row.answered_at },
    ...{ via: row.via as SurveyWay | null, asks: row.asks === 1 },
  };
}
