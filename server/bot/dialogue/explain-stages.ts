import type { Sentence } from '@parley/sdk/protocol.ts';
import type { Decision, Stage } from './decision.ts';

/** What each outcome of a stage is called, in English; the console has the same in the reader's language, by its key. */
const words: Readonly<Record<string, string>> = {
  'guard.cut': 'The message has {length} characters; the first {read} were read.',
  'guard.wordless': 'There were no words to read.',
  'guard.empty': 'There was nothing in the message.',
  'guard.helped': 'The customer said that the answer before helped.',
  'guard.not-helped': 'The customer said that the answer before did not help.',
  'guard.other-language':
    'The answer is in another language ({given}) than the customer writes ({language}); the customer was told.',
  'guard.repeats': 'The same answer would have been given again ({times} repeats).',
  'request.human': 'The customer asked for a person.',
  'request.stop': 'The customer wanted to leave what was being asked.',
  'request.greeting': 'The customer said hello.',
  'request.thanks': 'The customer said thanks.',
  'policy.sensitive': '“{word}” belongs to the topic {topic}, about which the bot says nothing.',
  'policy.anger': 'The customer sounds angry: {anger}, and people get it from {atLeast} on.',
  'policy.vip': 'The customer is a VIP.',
  'pending.chosen': 'The customer chose “{choice}”.',
  'pending.none': 'The customer chose none of what was offered.',
  'pending.other': 'The customer said something else than what was offered.',
  'pending.declined': 'The customer did not want to leave a message.',
  'pending.accepted': 'The customer wants a person.',
  'pending.no-person': 'The customer rather goes on without a person.',
  'pending.message': 'This is the message that the customer was asked for.',
  'flow.called': 'Step {step} called {host} ({method}), which answered {status}.',
  'flow.call-failed': 'Step {step} called {host} ({method}) in vain: {why}.',
  'flow.code-sent': 'Step {step} sent a code to {address}, if that is known.',
  'flow.code-right': 'The code of step {step} was right: the customer has {address}.',
  'flow.code-wrong': 'The code of step {step} was wrong.',
  'flow.code-expired': 'The code of step {step} did not hold any more.',
  'flow.code-too-many': 'There were too many codes, or tries, at step {step}.',
  'flow.code-undelivered': 'The code of step {step} could not be sent.',
  'flow.ruled': 'It begins with the flow {flow}, as a routing rule or an agent said.',
  'flow.waits': 'The flow {flow} asks: {steps}.',
  'flow.ends': 'The flow {flow} came to its end: {steps}.',
  'flow.hands-off': 'The flow {flow} hands over: {steps}.',
  'flow.gone': 'The flow {flow} is not there any more.',
  'flow.switched-off': 'The flow {flow} is switched off.',
  'approved.same': 'There is an approved answer to this question.',
  'approved.nearly': 'It is nearly “{question}” ({likeness}), to which there is an approved answer.',
  'intent.sure': 'It is about {intent}: sure by {confidence}, and it acts from {act} on.',
  'intent.no-reaction': 'It is about {intent} ({confidence}), on which nothing is to be done.',
  'intent.thin-margin': 'It may be about {intent} ({confidence}), but another one is only {margin} away.',
  'intent.not-sure': 'It may be about {intent}: sure by {confidence}; it acts from {act} on, and asks from {ask} on.',
  'intent.unknown': 'No intent was clear enough: {confidence}, and it asks from {ask} on.',
  'intent.no-model': 'No model is published that could recognise intents.',
  'intent.without-vector': 'Its vector was not there in time: the intent was told without.',
  'intent.threshold-by-hand': 'For {intent} it acts from {act} on, as the settings say.',
  'intent.threshold-curve':
    'Here it acts from {act} on: chosen for {scope} from {answers} measured answers of model version {model}, of which {right} % were right ({target} % wanted).',
  'intent.threshold-raised':
    'Here it acts from {act} on, where it asks what is meant below: {chosen} was chosen for {scope} from {answers} measured answers of model version {model}, of which {right} % were right ({target} % wanted).',
  'intent.aside': 'Beside what was asked it was about {intent} ({confidence}).',
  'graph.nothing': 'The knowledge graph knows nothing about it.',
  'graph.answers': 'The knowledge graph answers, by {path}: {confidence}, from {atLeast} on.',
  'graph.not-sure': 'The knowledge graph was not sure enough: {confidence}, from {atLeast} on.',
  'graph.asks': 'The knowledge graph asks which one is meant: {path}.',
  'graph.asks-again': 'The knowledge graph would ask once more.',
  'knowledge.linked': 'For the search the question names: {linked}.',
  'knowledge.linked-before': 'The question names nothing; talked of before: {linked}.',
  'knowledge.widened': 'It was also searched for: {names}.',
  'knowledge.put-down': 'Left out, because it is about something else: {titles}.',
  'knowledge.answers': 'It stands in “{source}”: {score}, from {atLeast} on.',
  'knowledge.found': '“{source}” may answer it: {score}, from {atLeast} on.',
  'knowledge.nothing': 'Nothing in the knowledge base fits: {score} at best, from {atLeast} on.',
  'knowledge.too-little': 'It says too little for the knowledge base to answer.',
  'knowledge.no-search': 'The knowledge base could not be searched.',
  'language-model.answers': 'The language model answered out of {sources}.',
  'language-model.abstains': 'The language model found no answer in it: {why}.',
  'language-model.failed': 'The language model did not answer: {why}.',
  'miss.not-understood': 'It was not understood: {misses} of {most} times.',
  'miss.not-helped': 'It did not help: {times} of {most} times.',
  'hand-off.asks-first': 'The customer was asked whether a person shall take over.',
  'hand-off.offers-message': 'Nobody is there: the customer may leave a message.',
  'hand-off.closed': 'Nobody is there; people see it when they come.',
};
const handsOver = 'It was handed over: {reason}.';

/** A decision of the bot in words, stage by stage. */
export function wordsOfStages({ stages }: Pick<Decision, 'stages'>): Sentence[] {
  return stages.map((stage) => sentenceOf(stage));
}

function sentenceOf({ stage, outcome, data }: Stage): Sentence {
  const key = `${stage}.${outcome}`;
  const known = words[key];
  const all = known === undefined ? { reason: outcome, ...data } : data;
  const text = known ?? (stage === 'hand-off' ? handsOver : key);
  return {
    key: known === undefined && stage === 'hand-off' ? 'hand-off.reason' : key,
    data: { ...all },
    text: text.replace(/\{(\w+)\}/g, (_, name: string) => String((all as Record<string, unknown>)[name] ?? '')),
  };
}
