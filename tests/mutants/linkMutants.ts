/** Links of the provider's: none leads into our own networks. */
import type { Mutant } from '../../scripts/check/mutant.ts';

const ADDRESSES = 'tests/shared/music/publicAddress.test.ts';
const LINKS = 'tests/shared/music/forbiddenLinks.test.ts';
const ORIGIN = 'tests/shared/music/providerOrigin.test.ts';
const SONGS = 'tests/guarantees/g09-forbiddenLinks.test.ts';

type Change = Pick<Mutant, 'search' | 'replace' | 'test'>;

const addressMutants: Change[] = [
  { search: "|| address.includes('%')", replace: '', test: ADDRESSES },
  { search: 'if (/^::[\\d.]+$/.test(address)) return false;', replace: '', test: ADDRESSES },
  { search: 'isGlobalUnicast(parsed) && !isIsatap(parsed);', replace: '!isIsatap(parsed);', test: ADDRESSES },
  { search: 'isGlobalUnicast(parsed) && !isIsatap(parsed);', replace: 'isGlobalUnicast(parsed);', test: ADDRESSES },
  { search: "carriedIPv4(parsed)?.range() === 'unicast'", replace: 'carriedIPv4(parsed) !== undefined', test: ADDRESSES },
  { search: "if (parsed instanceof ipaddr.IPv4) return parsed.range() === 'unicast';", replace: '', test: ADDRESSES },
  { search: 'addresses.filter(({ address }) => isPublicAddress(address))', replace: 'addresses', test: LINKS },
  {
    // What was checked is not what is connected to.
    search: 'return all ? callback(null, accepted)',
    replace: 'if (all) return resolve(hostname, { all: true }, callback);\n      return all ? callback(null, accepted)',
    test: LINKS,
  },
];

const downloadMutants: Change[] = [
  { search: 'isProvider(url, options) ? {} : { lookup }', replace: '{}', test: SONGS },
  { search: 'mayBePublic(url.hostname)', replace: 'true', test: SONGS },
  { search: 'acceptedUrl(answer.location, options, target)', replace: 'new URL(answer.location, target)', test: SONGS },
  { search: "(url.protocol === 'https:' && mayBePublic(url.hostname))", replace: 'mayBePublic(url.hostname)', test: ORIGIN },
  { search: '!url.username && !url.password &&', replace: '', test: ORIGIN },
  {
    search: 'url.origin === new URL(providerBaseUrl).origin',
    replace: 'url.hostname === new URL(providerBaseUrl).hostname',
    test: ORIGIN,
  },
  {
    search: 'url.origin === new URL(providerBaseUrl).origin',
    replace: 'url.href.startsWith(new URL(providerBaseUrl).origin)',
    test: ORIGIN,
  },
  { search: 'proxy: false,', replace: '', test: ORIGIN },
  { search: 'const MAX_REDIRECTS = 3;', replace: 'const MAX_REDIRECTS = 4;', test: 'tests/shared/music/openDownload.test.ts' },
];

export const linkMutants: Mutant[] = [
  ...addressMutants.map((change) => ({ guarantee: 'G9', file: 'shared/music/publicAddress.ts', ...change })),
  ...downloadMutants.map((change) => ({ guarantee: 'G9', file: 'shared/music/openDownload.ts', ...change })),
  {
    guarantee: 'G9',
    file: 'shared/generation/archiveAudio.ts',
    search: "log.warn('song_not_archived', { generationId: lease.id, songId, error });",
    replace: "log.warn('song_not_archived', { generationId: lease.id, songId, error, url: task.audioUrl });",
    test: SONGS,
  },
];
