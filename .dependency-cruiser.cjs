/**
 * The one-way rule: channels → gateway ← conversation ← routing, bot, knowledge ← http, realtime. Storage implements
 * ports and is known to `engines.ts`, the half of the composition root that opens them, and to the operator's commands in
 * `cli/`. Tests may reach for what they need.
 */
const test =
  '(\\.test\\.ts$|/testing/|-fixture\\.ts$|adapter-contract\\.ts$|contract-[a-z]+\\.ts$|scripted-platform\\.ts$|mutated-bodies\\.ts$)';
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: test },
  to: { path: '^(server|sdk|console|widget|bench|test|docs)/', pathNot: allowed },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    only(
      'base-imports-nothing-of-ours',
      '^server/base/',
      '^server/base/',
      'What belongs to no feature knows no feature.',
    ),
    only(
      'gateway-stands-alone',
      '^server/gateway/',
      '^(server/(base|gateway)/|sdk/protocol\\.ts)',
      'The contract and the standard message know no feature.',
    ),
    only(
      'channels-know-the-gateway-alone',
      '^server/channels/(?!registry)([^/]+)/',
      '^(server/(base|gateway)/|server/channels/([^/]+)/|sdk/protocol\\.ts)',
      'An adapter is special about its platform and nothing else.',
    ),
    {
      name: 'channels-do-not-know-each-other',
      severity: 'error',
      from: { path: '^server/channels/([^/]+)/', pathNot: test },
      to: { path: '^server/channels/([^/]+)/', pathNot: '^server/channels/($1|wechat-crypto)/' },
    },
    only(
      'files-stand-below',
      '^server/files/',
      '^(server/(base|gateway|files)/|sdk/protocol\\.ts)',
      'Files know no conversation.',
    ),
    only(
      'conversation-knows-the-gateway',
      '^server/conversation/',
      '^(server/(base|gateway|conversation)/|sdk/protocol\\.ts)',
      'Facts do not know who shows or assigns them.',
    ),
    only(
      'publishing-knows-no-document',
      '^server/publishing/',
      '^server/(base|gateway|conversation|publishing)/',
      'How a document is published does not depend on what is in it.',
    ),
    only(
      'decisions-know-conversations',
      '^server/(routing|bot|knowledge)/',
      '^(server/(base|gateway|conversation|publishing|routing|bot|knowledge)/|sdk/(protocol|flow-document|routing-document|bot-learning|bot-measures)\\.ts)',
      'Routing, bot and knowledge decide about conversations, and know no screen.',
    ),
    only(
      'surveys-know-conversations',
      '^server/surveys/',
      '^(server/(base|gateway|conversation|bot|surveys)/|sdk/protocol\\.ts)',
      'What customers say of a conversation is no part of it.',
    ),
    only(
      'screens-know-no-composition-root',
      '^server/(http|realtime)/',
      '^(server/(base|gateway|files|conversation|publishing|routing|bot|knowledge|surveys|identity|metrics|http|realtime)/|sdk/(protocol|routing-document|bot-learning|bot-measures)\\.ts)',
      'What people see stands above all features, and below what puts them together.',
    ),
    {
      name: 'the-program-needs-no-test-support',
      comment: 'What tests are made with is no part of what runs.',
      severity: 'error',
      from: { path: '^(server|sdk|console|widget)/', pathNot: test },
      to: { path: test },
    },
    only(
      'identity-knows-conversations',
      '^server/identity/',
      '^(server/(base|gateway|conversation|identity)/|sdk/protocol\\.ts)',
      'Identity knows contacts, and no screen.',
    ),
    only(
      'nodes-carry-what-features-say',
      '^server/nodes/',
      '^(server/(base|gateway|conversation|routing|bot|identity|nodes)/|sdk/protocol\\.ts)',
      'What one process tells the others stands above the features that it speaks for.',
    ),
    only(
      'mail-knows-nobody',
      '^server/mail/',
      '^server/(base|mail)/',
      'How mail leaves does not depend on what it says.',
    ),
    only('metrics-know-nobody', '^server/metrics/', '^(server/(base|metrics)/|sdk/protocol\\.ts)', 'Metrics are told.'),
    {
      name: 'storage-is-known-to-the-engines-alone',
      comment: 'The commands that check, save and move a store are the other ones who must know what it is.',
      severity: 'error',
      from: { path: '^server/', pathNot: `(^server/storage/|^server/cli/|^server/engines\\.ts$|${test})` },
      to: { path: '^server/storage/' },
    },
    {
      name: 'commands-are-known-to-nobody',
      comment: 'What operators run by hand stands above the server, which runs without it.',
      severity: 'error',
      from: { path: '^(server|sdk|console|widget)/', pathNot: `(^server/cli/|${test})` },
      to: { path: '^server/cli/' },
    },
    {
      name: 'channels-are-known-to-the-composition-root-alone',
      severity: 'error',
      from: { path: '^server/', pathNot: `(^server/channels/|^server/program\\.ts$|${test})` },
      to: { path: '^server/channels/' },
    },
    {
      name: 'server-takes-shared-shapes-alone-from-the-sdk',
      severity: 'error',
      from: { path: '^server/', pathNot: test },
      to: { path: '^sdk/', pathNot: '^sdk/(protocol|flow-document|routing-document|bot-learning|bot-measures)\\.ts$' },
    },
    only('sdk-stands-alone', '^sdk/', '^sdk/', 'The client library imports nothing of the server.'),
    only(
      'console-knows-the-sdk-alone',
      '^console/',
      '^(console|sdk)/',
      'The console talks to the server over its API.',
    ),
    only('widget-knows-the-sdk-alone', '^widget/', '^(widget|sdk)/', 'The widget talks to the server over its API.'),
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    // swc's reader stops at `await using`, which tests and benchmarks use; they may import what they need anyway.
    exclude: { path: '(^|/)(node_modules|dist)/|\\.test\\.ts$' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js'],
    },
  },
};
