import type { ConversationStatus, MessageState, Priority } from '@parley/sdk/protocol.ts';

/**
 * The tables of the warm store, the same on SQLite and MySQL. Times are epoch milliseconds; booleans are 0 or 1;
 * JSON is text (neither engine's own JSON type is needed, and text is stored exactly as it was given).
 */
export interface Tables {
  meta: { name: string; value: string };
  channels: {
    id: string;
    type: string;
    name: string;
    settings: string;
    enabled: number;
    created_at: number;
    updated_at: number;
    /** A removed channel keeps its row: its conversations still name it. */
    deleted_at: number | null;
  };
  agents: {
    id: string;
    email: string;
    name: string;
    role: string;
    password_hash: string;
    enabled: number;
    capacity: number;
    created_at: number;
  };
  sessions: { token_hash: string; agent_id: string; created_at: number; expires_at: number };
  contacts: {
    id: string;
    name: string;
    email: string | null;
    phone: string | null;
    avatar_url: string | null;
    verified: number;
    attributes: string;
    created_at: number;
    updated_at: number;
  };
  /** By which words a contact is found (`wordsOf`): none for one of whom nothing is known. */
  contact_words: { word: string; contact_id: string };
  identities: { channel_id: string; external_id: string; contact_id: string };
  /** Numbers that are handed out in order. */
  counters: { name: string; value: number };
  /** Known by a number: short keys keep the indexes that every message is written to small and warm. */
  conversations: {
    id: number;
    channel_id: string;
    contact_id: string;
    thread_id: string;
    status: ConversationStatus;
    owner_epoch: number;
    assignee_id: string | null;
    skill_group_id: string | null;
    priority: Priority;
    tags: string;
    subject: string | null;
    last_seq: number;
    /** Latest entry that the contact may see. */
    last_public_seq: number;
    changes: number;
    contact_read_seq: number;
    agent_read_seq: number;
    unread: number;
    last_direction: string | null;
    last_sender: string | null;
    last_preview: string | null;
    /** 0 before the first message. */
    last_message_seq: number;
    last_message_at: number;
    waiting_since: number | null;
    queued_at: number | null;
    /** Orders the lists: follows the last activity, but moves at most once in five seconds (see append). */
    sort_at: number;
    created_at: number;
    updated_at: number;
    closed_at: number | null;
    /** Entries up to this one lie in the archive; one that is here too is newer. */
    archived_seq: number;
    /** Since when a closed conversation has entries that are not archived; null: none, or not closed. */
    archive_due_at: number | null;
    /** A BCP 47 tag; null: not known. */
    language: string | null;
    /** What it takes of its agent's capacity, in hundredths of a conversation. */
    load_weight: number;
    /** What it takes when the customer writes again, while it counts less; null: it counts whole. */
    full_weight: number | null;
    /** JSON: what the router has said of it; null: nothing yet. */
    routing: string | null;
    /** Since when the agent who has it owes the customer an answer; null: nobody does. */
    owed_since: number | null;
    /** Whether the agent who has it has answered since they got it. */
    is_answered: number;
    /** When it comes back by itself; null: not snoozed. */
    snoozed_until: number | null;
    /** JSON: `Participant[]`; null: nobody. */
    participants: string | null;
    /** When the customer left while waiting, and has not come back; null: never. */
    abandoned_at: number | null;
  };
  /** By agent: in which conversations each one is a participant. Written with the conversation's own row. */
  participations: {
    agent_id: string;
    conversation_id: number;
    /** While they are asked whether they come: until when. */
    asked_until: number | null;
  };
  /** The one conversation that a contact's next message continues: unique by key, so two can never arise. */
  current_conversations: { contact_id: string; channel_id: string; thread_id: string; conversation_id: number };
  /** In the order of arrival; found by (conversation, seq), and by (conversation, client id) so that a repeat is known. */
  messages: {
    conversation_id: number;
    seq: number;
    client_id: string | null;
    direction: string;
    sender_type: string;
    sender_id: string | null;
    sender_name: string | null;
    content: string;
    private: number;
    state: MessageState;
    state_reason: string | null;
    delivered_as: string | null;
    recalled_at: number | null;
    edited_at: number | null;
    sent_at: number | null;
    created_at: number;
  };
  /** Platforms' ids of inbound messages: unique in a channel. Outlives its message. */
  received_ids: { channel_id: string; external_id: string; conversation_id: number; seq: number; created_at: number };
  /** Platform ids of what we sent: receipts name them. */
  sent_ids: { channel_id: string; external_id: string; conversation_id: number; seq: number };
  /** Which earlier message changed, numbered within its conversation: what a client that was away must fetch. */
  message_changes: { conversation_id: number; change_no: number; seq: number };
  outbox: {
    id: string;
    channel_id: string;
    conversation_id: number;
    seq: number;
    /** sending: an attempt has begun and its end is not yet known; dead: waits for a person. */
    state: 'queued' | 'sending' | 'dead';
    attempts: number;
    next_at: number;
    from_part: number;
    reason: string | null;
    created_at: number;
  };
  inbound_queue: {
    id: string;
    channel_id: string;
    lane: string;
    payload: string;
    attempts: number;
    enqueued_at: number;
  };
  /** What the processor could not process in the stated number of tries: kept for a person. */
  inbound_dead: {
    id: string;
    channel_id: string;
    lane: string;
    payload: string;
    attempts: number;
    reason: string;
    enqueued_at: number;
  };
  files: {
    id: string;
    name: string;
    mime_type: string;
    size_bytes: number;
    owner: string;
    created_at: number;
  };
  /** What an archiver is about: recorded before it writes, so that a kill at any point can be gone on from. */
  archive_batches: {
    id: string;
    /** writing: nothing counts yet; verified: it lies in the archive, and is taken from here; done. */
    state: 'writing' | 'verified' | 'done';
    /** JSON: `ArchiveEntry[]`; emptied when it is done. */
    conversations: string;
    message_count: number;
    checksum: string;
    created_at: number;
  };
  /** The files of the embedded archive that count. */
  archive_files: {
    name: string;
    batch_id: string;
    /** `2026-11`, UTC. */
    month: string;
    from_conversation: number;
    to_conversation: number;
    message_count: number;
    size_bytes: number;
  };
  /** Contacts that were erased: kept as the proof of it, and so that the archive is reached whatever happens. */
  erasures: {
    contact_id: string;
    /** JSON: the numbers of its conversations; emptied when all is erased. */
    conversations: string;
    /** JSON: the ids of files that its messages named; emptied too. */
    files: string;
    requested_by: string;
    requested_at: number;
    erased_at: number | null;
  };
  /** Waits that a customer has spent before a screen. They go with their conversation. */
  waits: {
    conversation_id: number;
    /** Which wait of the conversation: when it began. */
    queued_at: number;
    /** 1 while somebody may be waiting there: looked at when nobody was seen for a while. */
    is_open: number;
    /** When a screen of the customer was connected last. */
    seen_at: number;
    /** The first estimate that the customer was told, and when. */
    told_at: number | null;
    told_low_ms: number | null;
    told_high_ms: number | null;
    /** When they left for the first time, unanswered. */
    left_at: number | null;
  };
  /** Who is to be called back or written to: chosen instead of waiting. They go with their conversation. */
  call_backs: {
    id: string;
    conversation_id: number;
    contact_id: string;
    client_id: string;
    kind: 'call-back' | 'message';
    name: string | null;
    phone: string | null;
    email: string | null;
    note: string | null;
    due_at: number;
    state: 'open' | 'taken' | 'done' | 'unreached' | 'cancelled';
    /** Times that nobody answered. */
    tries: number;
    agent_id: string | null;
    created_at: number;
    updated_at: number;
  };
  /** Every routing configuration that was published: the newest one holds. */
  routing_versions: {
    /** 1, 2, … */
    version: number;
    /** JSON: the whole document; one that was published long ago perhaps without what held by default. */
    config: string;
    author_id: string;
    author_name: string;
    note: string | null;
    created_at: number;
  };
  /** Why a conversation went where it did. They go with their conversation. */
  routing_decisions: {
    conversation_id: number;
    /** The conversation's `owner_epoch` then. */
    epoch: number;
    /** Numbers the decisions of one epoch, from 0 on. */
    n: number;
    at: number;
    kind: string;
    agent_id: string | null;
    group_id: string | null;
    why: string;
    /** JSON, bounded by who writes it. */
    record: string;
  };
  /** What happened to conversations and no clock has been set by yet: read from its front, and shortened there. */
  sla_events: {
    /** Given by the database, in the order of a conversation's own entries. */
    id: number;
    conversation_id: number;
    at: number;
    /** `SlaEventKind`s with commas, in their order; `created` before them all. */
    kinds: string;
  };
  sla_clocks: {
    conversation_id: number;
    /** Changed by compare-and-set. */
    rev: number;
    /** JSON: `SlaCase`. */
    state: string;
    group_id: string;
    assignee_id: string | null;
    /** The end of the first of the clocks that run, also a past one; null: none runs. */
    due_at: number | null;
    /** When there is something to do; null: nothing happens by itself. */
    next_at: number | null;
  };
  /** Each target that was breached or met, but for later answers in time. They go with their conversation. */
  sla_results: {
    conversation_id: number;
    target: string;
    n: number;
    outcome: 'met' | 'breached';
    /** When it was met, or its time was over. */
    at: number;
    policy_id: string;
    group_id: string;
    priority: string;
    /** Who had the conversation. */
    agent_id: string | null;
    /** In working time; null: it is not done, or never was. */
    took_ms: number | null;
    late_ms: number | null;
  };
  /** How many of them in each half hour. */
  sla_counts: {
    /** Its beginning. */
    slot: number;
    group_id: string;
    priority: string;
    target: string;
    met: number;
    breached: number;
    /** How late those of them were together that are done. */
    late_ms: number;
  };
  /** When conversations came to be waited for, and left the queue without an agent: the rest is told by the decisions. */
  queue_record: {
    at: number;
    /** Also of a conversation that was removed since. */
    conversation_id: number;
    /** The conversation's `owner_epoch` from then on. */
    epoch: number;
    kind: 'came' | 'left';
    why: string;
    /** The entry with which it happened. */
    seq: number;
  };
  /** Who was there, and how much they could have: a row where it changes, and one a day while somebody is there. */
  agent_presences: {
    at: number;
    agent_id: string;
    /** `online`, `offline`, or any other word for somebody who is given nothing. */
    presence: string;
    reason: string | null;
    capacity: number;
  };
  /** What administrators teach the bot: dictionaries, patterns, the knowledge graph. */
  taught_documents: { area: string; kind: string; id: string; body: string };
  /** How often each area of it was changed. */
  taught_areas: { area: string; version: number };
  /** Dry runs that are under way, or were a while ago: any process tells of them. */
  dry_runs: {
    id: string;
    state: 'running' | 'done' | 'failed';
    /** Percent. */
    progress: number;
    days: number;
    /** The routing version that held. */
    base_version: number;
    /** JSON: what came of it, or why nothing did. */
    result: string | null;
    requested_by: string;
    created_at: number;
    /** When whoever computes it was heard of last. */
    seen_at: number;
  };
  /** What language models took in a day, or for a conversation. */
  model_usage: {
    scope: 'day' | 'conversation';
    /** The day as YYYY-MM-DD, or the conversation's id. */
    name: string;
    tokens: number;
    /** In millionths of the currency that the settings name. */
    cost_micros: number;
    calls: number;
    used_at: number;
  };
  /** Vectors of our own texts from an embedding model, by the hash of model and text; base64 of 32-bit floats. */
  text_vectors: { hash: string; vector: string; created_at: number };
  /** Published versions of the bot's settings and flows. */
  bot_versions: {
    kind: 'settings' | 'flows';
    version: number;
    /** JSON. */
    document: string;
    author_id: string;
    author_name: string;
    note: string | null;
    created_at: number;
    /** JSON: what spoke against it. */
    despite: string | null;
  };
  /** What the bot knows of a conversation that it has, or had. */
  bot_dialogues: {
    conversation_id: number;
    /** The owner epoch under which it decided last. */
    epoch: number;
    /** The customer's entry that it decided about last. */
    seq: number;
    /** All up to here was looked at, and what was decided is done. */
    looked_seq: number;
    /** JSON (`DialogueState`). */
    state: string;
  };
  /** What the bot decided about what a customer said. */
  bot_decisions: {
    conversation_id: number;
    seq: number;
    epoch: number;
    at: number;
    act: string;
    band: string;
    /** Why it was handed off. */
    reason: string | null;
    intent: string | null;
    /** What the customer says of the answer before: 1, it helped; 0, it did not; null: nothing. */
    helped: number | null;
    /** JSON (`KeptDecision`). */
    record: string;
  };
  /** One-time codes that were sent, each as a keyed hash. */
  identity_codes: {
    conversation_id: number;
    /** The customer's entry about which it was asked for. */
    seq: number;
    /** Of the flow. */
    step_id: string;
    contact_id: string;
    /** Keyed: which address it is cannot be told from it. */
    address_hash: string;
    /** The address as it may be shown. */
    shown: string;
    is_own: number;
    code_hash: string;
    /** open, used, or over: withdrawn, replaced, tried too often. */
    state: string;
    tries: number;
    /** The entry in which one was typed last, and what came of it. */
    typed_seq: number | null;
    outcome: string | null;
    created_at: number;
    expires_at: number;
  };
  /** When codes were asked for by a contact, or for an address, lately: `contact:…` and `address:…`, JSON of times. */
  identity_quotas: { quota: string; asked: string; updated_at: number };
  /** Conversations whose customer has typed a code. */
  identity_checks: {
    conversation_id: number;
    contact_id: string;
    address_hash: string;
    shown: string;
    is_own: number;
    checked_at: number;
    valid_until: number;
  };
  /** What customers asked and the bot could not answer. */
  bot_gaps: {
    conversation_id: number;
    /** The customer's entry that the decision was about. */
    seq: number;
    contact_id: string;
    asked_at: number;
    why: string;
    language: string | null;
    /** Without what tells of a person. */
    question: string;
    state: 'open' | 'learnt' | 'dismissed';
    /** The name of the intent that people say it had, or `out-of-scope`; null: nobody has said. */
    meant: string | null;
    /** The same for all that a person decided about at once; null: nobody has. */
    decision_id: string | null;
    /** A name. */
    decided_by: string | null;
    decided_at: number | null;
  };
  /** Which intent people say that a customer's message had. */
  bot_labels: {
    conversation_id: number;
    seq: number;
    /** null: none. */
    intent: string | null;
    taken_for: string | null;
    author_id: string;
    author_name: string;
    at: number;
  };
  /** What became of asking a customer how it was: one row for each conversation that was resolved while the survey was on. */
  surveys: {
    conversation_id: number;
    contact_id: string;
    channel_id: string;
    channel_type: string;
    state: string;
    /** Of one that was skipped. */
    why: string | null;
    /** When the conversation was resolved, and when the customer was asked, or it was found that they are not to be. */
    closed_at: number;
    asked_at: number;
    had: string | null;
    agent_id: string | null;
    group_id: string | null;
    language: string | null;
    score: number | null;
    comment: string | null;
    answered_at: number | null;
    via: string | null;
    asks: number;
  };
  /** How often approved answers were given. */
  approved_hits: { answer_id: string; hits: number; last_at: number };
  /** What customers may want. */
  intents: {
    id: string;
    name: string;
    description: string;
    enabled: number;
    /** JSON: texts by language. */
    answer: string | null;
    created_at: number;
    updated_at: number;
  };
  /** How customers say it; `out-of-scope` is the intent of what belongs to none. */
  intent_utterances: {
    id: string;
    intent_id: string;
    /** Of its text without case and punctuation. */
    text_key: string;
    text: string;
    created_at: number;
  };
  intent_models: {
    version: number;
    size_bytes: number;
    sha256: string;
    /** JSON */
    facts: string;
    /** JSON; null: not measured yet. */
    summary: string | null;
    evaluation: string | null;
    trained_by: string;
    trained_at: number;
  };
  /** The bytes of the models. */
  intent_model_pieces: { version: number; n: number /** base64 */; data: string };
  /** Which model was chosen when: the newest one holds. */
  intent_publications: {
    n: number;
    version: number;
    author_id: string;
    author_name: string;
    created_at: number;
    /** JSON: what spoke against it. */
    despite: string | null;
  };
  /** Thresholds that were chosen for a model: the newest set of its version holds. */
  intent_thresholds: {
    version: number;
    n: number;
    /** JSON: `ChosenThreshold[]`. */
    chosen: string;
    author_id: string;
    author_name: string;
    created_at: number;
  };
  /** How often what happened in a day (UTC): a bounded number of names. */
  bot_tallies: { day: string; name: string; n: number };
  /** Candidates that were run over past conversations. */
  bot_replays: {
    id: string;
    /** 1 while it runs, so that there is one; null afterwards. */
    slot: number | null;
    state: 'running' | 'done' | 'failed' | 'cancelled';
    /** Percent. */
    progress: number;
    kind: 'model' | 'settings' | 'flows';
    candidate: string;
    live: string;
    days: number;
    /** JSON: what was found, or why it failed. */
    result: string | null;
    requested_by: string;
    created_at: number;
    /** When whoever runs it was heard of last. */
    seen_at: number;
  };
  intent_trainings: {
    id: string;
    /** 1 while it runs, so that there is one; null afterwards. */
    slot: number | null;
    state: 'running' | 'done' | 'failed' | 'cancelled';
    stage: string;
    /** Percent. */
    progress: number;
    version: number | null;
    /** JSON: why it failed. */
    problem: string | null;
    requested_by: string;
    created_at: number;
    /** When whoever trains was heard of last. */
    seen_at: number;
  };
  /** The newest change of each article and canned reply, also of one that is gone: what other processes follow. */
  knowledge_changes: { kind: string; item_id: string; no: number };
  canned_replies: {
    id: string;
    owner_id: string;
    /** `all refund`, or the owner's id in place of `all` for a private one; null: no code. */
    code_key: string | null;
    external_key: string | null;
    rev: number;
    /** JSON: `CannedReplyText`. */
    text: string;
    uses: number;
    used_at: number | null;
    created_at: number;
    updated_at: number;
  };
  articles: {
    id: string;
    external_key: string | null;
    rev: number;
    /** JSON: `ArticleText`. */
    text: string;
    created_at: number;
    updated_at: number;
  };
  article_revisions: {
    article_id: string;
    rev: number;
    /** JSON: `ArticleText`. */
    text: string;
    author_id: string;
    author_name: string;
    at: number;
  };
  /** One of each visitor, who is known by a keyed hash alone that differs from article to article. */
  article_votes: { article_id: string; voter: string; helpful: number; at: number };
  /** What people looked for in the help centre and did not find. */
  category_names: { category: string; language: string; name: string };
  missed_searches: { text: string; language: string; count: number; last_at: number };
  /** What customers said last and what agents answered, without what tells of a person; they go with their conversation. */
  answer_pairs: {
    /** They are numbered as they come. */
    n: number;
    conversation_id: number;
    /** Of the answer. */
    seq: number;
    contact_id: string;
    agent_id: string;
    channel_type: string;
    language: string | null;
    question: string;
    answer: string;
    answered_at: number;
  };
  /** Places at which it is counted what became of the replies that were recommended there: each once. */
  suggestion_outcomes: { conversation_id: number; after_seq: number; at: number };
  /** How often an agent had a source before the eyes in a situation, and sent it. */
  suggestion_counts: {
    source: string;
    situation: string;
    agent_id: string;
    shown: number;
    used: number;
    edited: number;
    updated_at: number;
  };
  /** Answers that recur, about which a person has decided. */
  reply_proposals: {
    proposal_key: string;
    state: 'approved' | 'dismissed';
    by_id: string;
    decided_at: number;
  };
}
export type TableName = keyof Tables;
