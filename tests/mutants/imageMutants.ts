/** Pictures: what may be sent, what becomes of it, who may see it. */
import type { Mutant } from '../../scripts/check/mutant.ts';

const signing = { guarantee: 'G12', file: 'shared/media/gcsClient.ts', test: 'tests/shared/media/signWrite.test.ts' };
const decoding = { guarantee: 'G12', file: 'shared/images/decodePicture.ts', test: 'tests/shared/images/makeSizes.test.ts' };
const filling = { guarantee: 'G12', file: 'shared/images/startUpload.ts', test: 'tests/endpoints/images/allowance.test.ts' };
const finishing = { file: 'shared/images/finishUpload.ts', test: 'tests/endpoints/images/uploads.test.ts' };
const owning = { guarantee: 'G6', file: 'shared/access/rules.ts' };

export const imageMutants: Mutant[] = [
  // The bucket itself refuses another length, a second write, another type, and what comes late.
  { ...signing, search: `: \`\${bytes},\${bytes}\``, replace: `: \`0,\${bytes * 10}\`` },
  { ...signing, search: ", 'x-goog-if-generation-match': '0' };", replace: ' };' },
  { ...signing, search: 'expires: expiresAt, contentType, extensionHeaders', replace: 'expires: expiresAt, extensionHeaders' },
  { ...signing, search: 'WRITE_LIFE_MS = 15 * 60 * 1000', replace: 'WRITE_LIFE_MS = 150 * 60 * 1000' },
  // What it is decides what it is taken for.
  { ...finishing, guarantee: 'G12', search: 'pictureType(bytes) !== upload.contentType', replace: '!pictureType(bytes)' },
  { ...decoding, search: 'MOST_DECODED_BYTES = 75_000_000', replace: 'MOST_DECODED_BYTES = 750_000_000' },
  { ...decoding, search: "(depth === 'uchar' ? 1 : 2)", replace: '1' },
  { ...decoding, search: '(head.pages ?? 1) > 1 || isMovingPng(bytes)', replace: '(head.pages ?? 1) > 1' },
  { ...decoding, search: '(head.pages ?? 1) > 1 || isMovingPng(bytes)', replace: 'isMovingPng(bytes)' },
  { ...decoding, guarantee: 'G6', search: 'picture.autoOrient()', replace: 'picture.keepMetadata().autoOrient()' },
  // One at a time, and what is refused is over.
  { ...decoding, file: 'shared/images/oneAtATime.ts', search: 'const mine = last.then(', replace: 'const mine = Promise.resolve().then(' },
  { ...finishing, guarantee: 'G12', search: 'await refuse(upload.imageId, now);', replace: '' },
  {
    ...filling,
    file: 'shared/images/sealUpload.ts',
    search: 'await store.stage(Readable.from([]), { stagingName: name, contentType, maxBytes: 0 });',
    replace: 'await store.delete(name);',
    test: 'tests/endpoints/images/uploadsOver.test.ts',
  },
  // What a person keeps, what he is sending, and what making the sizes adds.
  { ...filling, search: 'taken + bytes > STORAGE_BYTES', replace: 'taken > STORAGE_BYTES' },
  { ...filling, search: ' + uploading.sum;', replace: ';' },
  { ...filling, search: 'sum: current.sum + lapsedBytes', replace: 'sum: current.sum + 0 * lapsedBytes' },
  { ...filling, search: 'uploading.count >= MOST_UPLOADS', replace: 'uploading.count < 0' },
  { ...filling, file: 'shared/images/finishUpload.ts', search: 'await requireRoom(ownerId, stored, transaction);', replace: '' },
  { ...filling, file: 'shared/images/finishUpload.ts', search: 'await requireRoom(upload.ownerId, upload.bytes);', replace: '' },
  // Once, whole, and gone when it is deleted.
  { ...finishing, guarantee: 'G8', search: '    if (current?.image) return current.image;', replace: '' },
  {
    ...finishing,
    guarantee: 'G8',
    search: "closeUpload(transaction, db, imageId, 'finished', now);",
    replace: '',
    test: 'tests/endpoints/images/finishUploadKilled.test.ts',
  },
  {
    guarantee: 'G8',
    file: 'shared/images/deleteImage.ts',
    search: "discardFile(transaction, db, { kind: 'image', ownerId, belongsTo: imageId, objects, now });",
    replace: 'void [discardFile, now];',
    test: 'tests/endpoints/images/deleteImage.test.ts',
  },
  // While the database is away, what was shown here is shown on, unless it was deleted here.
  {
    guarantee: 'G8',
    file: 'shared/images/shownPictures.ts',
    search: 'await askOrRecall(kept, imageId, clock, () => kept.refresh(imageId, clock, read));',
    replace: 'await kept.refresh(imageId, clock, read); void askOrRecall;',
    test: 'tests/guarantees/g08-databaseAway.test.ts',
  },
  {
    guarantee: 'G8',
    file: 'shared/images/deleteImage.ts',
    search: 'forgetPicture(imageId);',
    replace: '',
    test: 'tests/guarantees/g08-databaseAway.test.ts',
  },
  // Its owner's, and nobody else's.
  {
    ...owning,
    search: "'image.read': { owner: 'always', admin: 'never'",
    replace: "'image.read': { owner: 'always', admin: 'always'",
    test: 'tests/endpoints/images/showImageOfDisk.test.ts',
  },
  {
    ...owning,
    search: "'image.finish': { owner: 'always', admin: 'never', others: 'never'",
    replace: "'image.finish': { owner: 'always', admin: 'never', others: 'always'",
    test: 'tests/endpoints/images/uploads.test.ts',
  },
  {
    guarantee: 'G6',
    file: 'scripts/local/bucketCors.ts',
    search: '[{ origin,',
    replace: "[{ origin: [...origin, '*'],",
    test: 'tests/endpoints/images/uploadInBrowser.test.ts',
  },
];
