import { adapterContract } from '../../gateway/adapter-contract.ts';
import { webhookFixture } from './webhook-fixture.ts';

adapterContract('webhook', webhookFixture);
