import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { openSurveys } from '../surveys/surveys-fixture.ts';
import { createApp } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { surveyRoutes } from './survey-routes.ts';

/** The pages alone, with nobody signed in, and the link that a customer was sent. */
async function openPages() {
  const desk = await openSurveys();
  const { surveys, store, clock } = desk;
  const app = await createApp({ logger: pino({ level: 'silent' }), trustProxy: [], version: '0' });
  await surveyRoutes(app, { auth: {} as RequestAuth, surveys, store: store.surveys, clock });
  const id = await desk.resolved('ann');
  const [asked] = await store.conversations.messages(id, { limit: 1, fromEnd: true });
  assert.ok(asked !== undefined);
  const { content } = surveys.deliveryOf(asked, { content: ['text'] }) ?? {};
  const [, path = ''] = /https:\/\/[^/]+(\/survey\/\S+)$/.exec(content?.type === 'text' ? content.text : '') ?? [];
  const send = (body: string, to = path) =>
    app.inject({
      ...{ method: 'POST', url: to, payload: body },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  return { ...desk, app, id, path, send };
}

test('who only opens the link answers nothing; one score is taken by a form without scripts, and thanked for', async () => {
  const { surveys, app, id, path, send } = await openPages();
  const opened = await app.inject({ url: path });
  assert.equal(opened.statusCode, 200);
  assert.match(opened.body, /<form method="post">/);
  assert.doesNotMatch(opened.body, /<script/);
  assert.match(String(opened.headers['content-security-policy']), /^default-src 'none';/);
  assert.deepEqual([opened.headers['referrer-policy'], opened.headers['cache-control']], ['no-referrer', 'no-store']);
  await app.inject({ method: 'HEAD', url: path });
  assert.equal((await surveys.of(id))?.answeredAt, null);

  for (const wrong of ['', 'score=6', 'score=5&score=x', 'comment=hello']) {
    const refused = await send(wrong);
    assert.equal(refused.statusCode, 400, wrong);
    assert.match(refused.body, /role="alert"/, wrong);
  }
  assert.equal((await surveys.of(id))?.answeredAt, null);
  const sent = await send('score=2&comment=%3Cb%3Eslow%3C%2Fb%3E');
  assert.deepEqual([sent.statusCode, sent.headers.location], [303, path]);
  const kept = await surveys.of(id);
  assert.deepEqual([kept?.score, kept?.comment, kept?.via], [2, '<b>slow</b>', 'link']);
  await send('score=5');
  assert.equal((await surveys.of(id))?.score, 2, 'a link answers once');
  const thanked = await app.inject({ url: path });
  assert.doesNotMatch(thanked.body, /<form|slow/);
});

test('a link that is none of ours leads to a page that says so, whatever is in it', async () => {
  const { app, send, path } = await openPages();
  for (const wrong of [
    '/survey/x',
    `${path.slice(0, -1)}_`,
    '/survey/%E4%BD%A0%0D%0Aset-cookie:%20a',
    '/survey/..%2F..%2Fconsole',
  ]) {
    assert.equal((await app.inject({ url: wrong })).statusCode, 404, wrong);
    const sent = await send('score=5', wrong);
    assert.equal(sent.statusCode, 303, wrong);
    assert.match(String(sent.headers.location), /^\/survey\/[\w.%-]+$/);
    assert.equal(sent.headers['set-cookie'], undefined);
  }
});

test('one address does not try links without end', async () => {
  const { app } = await openPages();
  const statuses = new Set<number>();
  for (let at = 0; at < 40; at++) statuses.add((await app.inject({ url: `/survey/${at}` })).statusCode);
  assert.deepEqual([...statuses], [404, 429]);
});
