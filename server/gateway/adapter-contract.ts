import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AdapterFixture, AdapterGap, Claim, Gaps } from './adapter-fixture.ts';
import { callbackClaims } from './contract-callbacks.ts';
import { declarationClaims } from './contract-declarations.ts';
import { sendClaims } from './contract-sends.ts';

/** Registers the contract's tests for one adapter. */
export function adapterContract<Settings>(name: string, fixture: AdapterFixture<Settings>): void {
  describe(`${name} keeps the contract of a channel adapter`, () => {
    for (const claim of adapterClaims(fixture)) test(claim.name, claim.run);
  });
}

/** The claims that the contract makes of this adapter, by its fixture and its gaps. */
export function adapterClaims<Settings>(fixture: AdapterFixture<Settings>): Claim[] {
  const gaps = new Set(fixture.gaps ?? []);
  const { callbacks, sends } = fixture;
  return [
    ...declarationClaims(fixture),
    ...(callbacks === undefined ? [gapIsNamed('no-callbacks', gaps)] : callbackClaims(fixture, callbacks, gaps)),
    ...(sends === undefined ? [gapIsNamed('no-send', gaps)] : sendClaims(fixture, sends, gaps)),
  ];
}

function gapIsNamed(gap: AdapterGap, gaps: Gaps): Claim {
  return {
    name: `what it leaves out is named: ${gap}`,
    run: () => assert.ok(gaps.has(gap), `Not among the gaps: ${gap}`),
  };
}
