/** What operators see of incidents, and how one of them says that he is at it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { database, newId } from '#shared/runtime';
import { acknowledgeIncident } from '../../../functions/admin/acknowledgeIncident.ts';
import { listIncidents } from '../../../functions/admin/listIncidents.ts';
import type { KnownCaller } from '../../support/callers.ts';
import { given } from '../../support/given.ts';
import type { House } from '../../support/openHouse.ts';
import { audits, openOffice } from './operators.ts';

let house: House;
let admin: KnownCaller;
let token: string;

beforeAll(async () => {
  ({ house, admin, token } = await openOffice());
});
beforeEach(async () => {
  const db = await database();
  for (const name of ['incidents', 'audit']) await db.recursiveDelete(db.collection(name));
});
afterAll(() => house.close());

function acknowledge(incidentId: string) {
  return house.service.call(acknowledgeIncident, { incidentId }, { token });
}

describe('listIncidents', () => {
  it('shows them newest first, by pages, narrowed to a state, and exactly what stands there', async () => {
    const old = await given.incident({ openedAt: '2026-03-01T00:00:00.000Z', state: 'resolved', resolvedAt: '2026-03-01T01:00:00.000Z' });
    const open = await given.incident({ openedAt: '2026-03-02T00:00:00.000Z' });
    const list = async (input: object) => (await house.service.call(listIncidents, input, { token })).body;
    expect(await list({})).toEqual({ items: [open, old], nextCursor: null });
    expect(await list({ state: 'resolved' })).toEqual({ items: [old], nextCursor: null });
    const { items, nextCursor } = await list({ limit: 1 });
    expect(items).toEqual([open]);
    expect((await list({ limit: 1, cursor: nextCursor })).items).toEqual([old]);
  });
});

describe('acknowledgeIncident', () => {
  it('says who is at it and when, and the audit says so too', async () => {
    const incident = await given.incident();
    const { status, body, headers } = await acknowledge(incident.incidentId);
    const at = body.incident.acknowledgedAt!;
    expect([status, body.incident]).toEqual([
      200,
      { ...incident, state: 'acknowledged', acknowledgedBy: admin.uid, acknowledgedAt: at, updatedAt: at },
    ]);
    expect(await audits()).toEqual([
      {
        ...{ auditId: expect.any(String), actorId: admin.uid, action: 'acknowledgeIncident', target: incident.incidentId },
        ...{ requestId: headers.get('x-request-id'), createdAt: expect.anything() },
        ...{ before: { state: 'open' }, after: { state: 'acknowledged', alert: incident.alert } },
      },
    ]);
  });

  it('changes nothing the second time, nor once it is over', async () => {
    const incident = await given.incident();
    const first = await acknowledge(incident.incidentId);
    const other = (await house.newPeople()).admin;
    const second = await house.service.call(acknowledgeIncident, { incidentId: incident.incidentId }, { token: await other.tokenFor('') });
    expect(second.body).toEqual(first.body);
    const over = await given.incident({ state: 'resolved', resolvedAt: new Date().toISOString() });
    expect((await acknowledge(over.incidentId)).body).toEqual({ incident: over });
    expect(await audits()).toHaveLength(1);
  });

  it('finds no incident that is not there', async () => {
    const { status, problem } = await acknowledge(newId('inc'));
    expect([status, problem?.code]).toEqual([404, 'not_found']);
  });
});
