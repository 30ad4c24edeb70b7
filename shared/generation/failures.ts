import type { Failure, FailureCode } from './schema.ts';

/** What a person is told when a song could not be made. */
const DETAILS: Record<FailureCode, string> = {
  provider_unavailable: 'The music provider could not be reached in time. Your credit is back.',
  provider_outcome_unknown: 'The music provider did not say whether it took the order, so it was not sent again. Your credit is back.',
  provider_rejected: 'The music provider did not accept the request. Change its words and try again; your credit is back.',
  provider_refused: 'The music provider does not serve us now. We have been told; your credit is back.',
  provider_out_of_credit: 'Our account with the music provider is used up. We have been told; your credit is back.',
  provider_failed: 'The music provider could not make this song.',
  provider_timeout: 'The music provider did not finish in time.',
  provider_bad_audio: 'What the music provider delivered could not be played.',
  storage_unavailable: 'The song could not be stored.',
};

/** @param said - the provider's own words, already cut and masked, when they help the person */
export function failure(code: FailureCode, said?: string | null): Failure {
  return { code, detail: said ? `${DETAILS[code]} (${said})` : DETAILS[code] };
}
