import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { dumpProject } from '../../matrix/projectDump.ts';
import { type House, openHouse } from '../../support/openHouse.ts';
import { newUploader } from './uploader.ts';

let house: House;

beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

it('a deployment that has no bucket takes no uploads, and says so', async () => {
  const mina = await newUploader(house);
  const before = await dumpProject();
  const { problem, headers } = await mina.start(1000);
  expect(problem).toMatchObject({ status: 503, code: 'feature_unavailable', feature: 'uploads', reason: 'setup' });
  expect(problem?.detail).toBe('uploads: this deployment is not set up for it.');
  expect(headers.get('retry-after')).toBe('3600');
  expect(await dumpProject()).toEqual(before);
});
