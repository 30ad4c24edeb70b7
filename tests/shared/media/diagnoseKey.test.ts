import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { diagnoseKey, explainKeyFault, explainKeyRepair, type KeyDiagnosis, MediaFault } from '#shared/media';
import { mask } from '#shared/runtime';
import { announceSeed, limitMs, runs } from '../../support/runs.ts';
import { FAULTS, isTheKey, KEY, PEM, REPAIRED, saidOf, signsLikeTheKey } from './brokenKeys.ts';

announceSeed('what is said of broken keys');

const TEXT = JSON.stringify(KEY);
const BODY = PEM.split('\n').slice(1, -2).join('');

/** All that people and logs get to see of a diagnosis. */
function wordsOf(diagnosis: KeyDiagnosis): string {
  const repairs = diagnosis.repairs.map((repair) => Object.values(explainKeyRepair(repair)).join(' '));
  if (diagnosis.isSound) return repairs.join(' ');
  const { what, next } = explainKeyFault(diagnosis.fault);
  const fault = MediaFault.ofKey(diagnosis.fault);
  return [JSON.stringify(diagnosis), what.en, what.ko, next.en, next.ko, fault.message, fault.stack, ...repairs].join(' ');
}

const PARTS = new Set(partsOf(BODY));

function partsOf(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - 11) }, (_, start) => text.slice(start, start + 12));
}

function leaks(words: string): boolean {
  return partsOf(words).some((part) => PARTS.has(part));
}

describe('Whatever is given as the storage key', () => {
  it.each(FAULTS)('is named for what it is: %s', (_name, text, fault) => {
    const diagnosis = diagnoseKey(text);
    expect(saidOf(diagnosis)).toEqual({ fault, repairs: [] });
    const { what, next } = explainKeyFault(fault);
    for (const sentence of [what.en, what.ko, next.en, next.ko]) expect(sentence).toMatch(/^[^{}]{8,}[.)]$/);
    expect(leaks(wordsOf(diagnosis))).toBe(false);
    const { message } = MediaFault.ofKey(fault);
    expect(mask(message)).toBe(message); // logs take `key: something` for a secret
  });

  it.each(REPAIRED)('is used when it can be: %s', (_name, text, repairs) => {
    const diagnosis = diagnoseKey(text);
    expect(saidOf(diagnosis)).toEqual({ fault: undefined, repairs });
    expect({ ...(diagnosis.isSound && diagnosis.key), privateKey: isTheKey(diagnosis) }).toEqual({
      clientEmail: KEY.client_email,
      keyId: KEY.private_key_id,
      projectId: KEY.project_id,
      privateKey: true,
    });
    expect(leaks(wordsOf(diagnosis))).toBe(false);
  });

  it('is another one’s when its account or project is not the expected one', () => {
    const expected = { clientEmail: KEY.client_email, projectId: KEY.project_id };
    expect(diagnoseKey(TEXT, expected).isSound).toBe(true);
    expect(saidOf(diagnoseKey(TEXT, { ...expected, clientEmail: 'else@sori-test.iam.gserviceaccount.com' }))).toEqual({
      fault: { code: 'other_account' },
      repairs: [],
    });
    expect(saidOf(diagnoseKey(TEXT, { ...expected, projectId: 'sori-prod' }))).toEqual({
      fault: { code: 'other_project', facts: { project: 'sori-prod' } },
      repairs: [],
    });
  });

  it('belongs to the project in its account’s address when it names none', () => {
    const { project_id: _, ...without } = KEY;
    expect(diagnoseKey(JSON.stringify(without), { projectId: 'sori-test' }).isSound).toBe(true);
  });
});

const somewhere = fc.nat({ max: TEXT.length - 1 });
const change = fc.oneof(
  fc.record({ at: somewhere, drop: fc.nat({ max: 2500 }), insert: fc.string({ maxLength: 20 }) }),
  fc.record({ at: somewhere, drop: fc.nat({ max: 3 }), insert: fc.constantFrom('\n', '"', '\\', '-----', '\ufeff', '{', 'A', '') }),
);
const packing = fc.constantFrom<(text: string) => string>(
  (text) => `'${text}'`,
  (text) => JSON.stringify(text),
  (text) => Buffer.from(text).toString('base64'),
  (text) => `\ufeff\n${text} `,
  (text) => text.replaceAll('"', '\\"'),
);

describe('However a key is broken', () => {
  it(
    'no message holds 12 characters of it in a row, none asks for a fact it was not given, and logs mask no word of it',
    () => {
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.array(packing, { maxLength: 2 }), (changes, packings) => {
          const changed = changes.reduce((text, { at, drop, insert }) => text.slice(0, at) + insert + text.slice(at + drop), TEXT);
          const diagnosis = diagnoseKey(packings.reduce((text, pack) => pack(text), changed));
          const words = wordsOf(diagnosis);
          const message = diagnosis.isSound ? '' : MediaFault.ofKey(diagnosis.fault).message;
          expect({ leaks: leaks(words), asks: /\{\w+\}|\?/.test(message), masked: mask(message) }).toEqual({
            leaks: false,
            asks: false,
            masked: message,
          });
        }),
        runs(400),
      );
    },
    limitMs(20_000),
  );

  it(
    'a private key that is cut anywhere is too short or cut off, and one that lacks only its last line is used',
    () => {
      const bodyEnd = PEM.slice(0, PEM.indexOf('\n-----END')).replace(/=+$/, '').length; // `=` only fills up
      const cut = (characters: number) => diagnoseKey(JSON.stringify({ ...KEY, private_key: PEM.slice(0, characters) }));
      fc.assert(
        fc.property(fc.integer({ min: 1, max: PEM.length }), (characters) => {
          const diagnosis = cut(characters);
          const code = diagnosis.isSound ? 'sound' : diagnosis.fault.code;
          expect(code).toBe(characters >= bodyEnd ? 'sound' : characters < 800 ? 'too_short' : 'truncated');
        }),
        runs(200),
      );
      for (let characters = bodyEnd; characters <= PEM.length; characters += 1) expect(isTheKey(cut(characters))).toBe(true);
    },
    limitMs(20_000),
  );

  it(
    'one changed character makes another key of it that is refused, or none at all',
    () => {
      const inBody = fc.integer({ min: PEM.indexOf('\n') + 1, max: PEM.indexOf('\n-----END') - 1 });
      fc.assert(
        fc.property(inBody, fc.constantFrom('A', 'z', '/', '7'), (at, character) => {
          const private_key = PEM.slice(0, at) + character + PEM.slice(at + 1);
          const diagnosis = diagnoseKey(JSON.stringify({ ...KEY, private_key }));
          // What still signs right is as good as whole: some numbers of the key stand in it only to make it faster.
          expect(diagnosis.isSound || ['damaged', 'truncated', 'small_modulus', 'not_rsa'].includes(diagnosis.fault.code)).toBe(true);
          expect(diagnosis.isSound && !signsLikeTheKey(diagnosis)).toBe(false);
        }),
        runs(60),
      );
    },
    limitMs(20_000),
  );

  it(
    'any packing around it, one in another, is taken off',
    () => {
      fc.assert(
        fc.property(fc.array(packing, { maxLength: 3 }), fc.constantFrom('\n', '\r\n', '\\n', '', ' '), (packings, lineBreak) => {
          const text = JSON.stringify({ ...KEY, private_key: PEM.replaceAll('\n', lineBreak) });
          expect(isTheKey(diagnoseKey(packings.reduce((inner, pack) => pack(inner), text)))).toBe(true);
        }),
        runs(150),
      );
    },
    limitMs(20_000),
  );
});
