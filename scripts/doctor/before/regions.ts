import { z } from 'zod';
import { askGoogle } from '../askGoogle.ts';
import { broken, type Check, doubtful, sound } from '../check.ts';
import { deployedFunctions } from '../deployed.ts';

const Database = z.object({ locationId: z.string() });

export const regions: Check = {
  name: 'regions',
  list: 'before',
  summary: { en: 'functions, database and jobs are in one region', ko: '리전' },
  async look({ site }) {
    if (!site.hasControlPlane) return sound(`everything runs on this machine; ${site.region} is what is written down`);
    const [{ locationId }, functions] = await Promise.all([
      askGoogle(site, 'firestore', `/v1/projects/${site.projectId}/databases/(default)`, Database),
      deployedFunctions(site),
    ]);
    const elsewhere = functions.filter(({ region }) => region !== site.region).map(({ name, region }) => `${name} is in ${region}`);
    const isFar = locationId !== site.region;
    if (isFar) elsewhere.push(`Firestore is in ${locationId}`);
    if (elsewhere.length === 0) return sound(`${functions.length} functions and Firestore are in ${site.region}`);
    const next = {
      en: `Set REGION to where the data are: a database never moves. Now it is ${site.region}.`,
      ko: `데이터베이스는 옮길 수 없으니 REGION을 그 리전으로 맞추세요. 현재 ${site.region}.`,
    };
    return isFar ? broken(elsewhere, next) : doubtful(elsewhere, next);
  },
};
