/**
 * Refusals with the codes and texts of Google Cloud Storage: clients and their retries decide by them.
 *
 * @see https://cloud.google.com/storage/docs/json_api/v1/status-codes and …/docs/xml-api/reference-status
 */
export interface Refusal {
  status: number;
  /** `error.message` of the JSON API; the XML API's `Details`, unless `details` is given. */
  message: string;
  /** `errors[].reason` of the JSON API. */
  reason: string;
  /** `Code` of the XML API. */
  xmlCode: string;
  xmlMessage: string;
  details?: string;
  /** More elements of the XML document. */
  xmlExtra?: Record<string, string>;
  /** The header at fault, for the JSON API. */
  location?: string;
  headers?: Record<string, string>;
}

export class GcsError extends Error {
  override name = 'GcsError';
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

function invalid(message: string): GcsError {
  return new GcsError({ status: 400, message, reason: 'invalid', xmlCode: 'InvalidArgument', xmlMessage: 'Invalid argument.' });
}

function missing(message: string, xmlCode: string, xmlMessage: string): GcsError {
  return new GcsError({ status: 404, message, reason: 'notFound', xmlCode, xmlMessage });
}

function malformedHeader(parameter: string, fault = 'Header was included in signedheaders, but not in the request.'): GcsError {
  return new GcsError({
    status: 400,
    message: `Your request has a malformed header. ${fault}`,
    reason: 'invalid',
    xmlCode: 'MalformedSecurityHeader',
    xmlMessage: 'Invalid argument.',
    xmlExtra: { ParameterName: parameter },
  });
}

function wrongSize(xmlCode: 'EntityTooLarge' | 'EntityTooSmall'): GcsError {
  const [compared, bound] = xmlCode === 'EntityTooLarge' ? ['larger', 'maximum'] : ['smaller', 'minimum'];
  const xmlMessage = `Your proposed upload is ${compared} than the ${bound} object size specified in your Policy Document.`;
  return new GcsError({ status: 400, message: xmlMessage, reason: 'invalid', xmlCode, xmlMessage });
}

function wrongHash(kind: 'CRC32C' | 'MD5', given: string, calculated: string): GcsError {
  return new GcsError({
    status: 400,
    message: `Provided ${kind} hash "${given}" doesn't match calculated ${kind} hash "${calculated}".`,
    reason: 'invalid',
    xmlCode: 'BadDigest',
    xmlMessage: 'The Content-MD5 or checksum you specified did not match what we received.',
  });
}

function signatureDoesNotMatch(stringToSign: string, canonicalRequest: string): GcsError {
  return new GcsError({
    status: 403,
    message:
      'The request signature we calculated does not match the signature you provided. Check your Google secret key and signing method.',
    reason: 'forbidden',
    xmlCode: 'SignatureDoesNotMatch',
    xmlMessage: 'Access denied.',
    xmlExtra: { StringToSign: stringToSign, CanonicalRequest: canonicalRequest },
  });
}

function expired(atMs: number): GcsError {
  const at = new Date(atMs).toISOString().replace(/\.\d+Z$/, '+00:00');
  const message = `The provided token has expired. Request signature expired at: ${at}`;
  return new GcsError({ status: 400, message, reason: 'invalid', xmlCode: 'ExpiredToken', xmlMessage: 'Invalid argument.' });
}

const CONDITION = 'At least one of the pre-conditions you specified did not hold.';

export const refuse = {
  invalid,
  malformedHeader,
  wrongSize,
  wrongHash,
  signatureDoesNotMatch,
  expired,
  noSuchBucket: () => missing('The specified bucket does not exist.', 'NoSuchBucket', 'The specified bucket does not exist.'),
  noSuchObject: (bucket: string, name: string) =>
    missing(`No such object: ${bucket}/${name}`, 'NoSuchKey', 'The specified key does not exist.'),
  noSuchAddress: () => missing('Not Found', 'NoSuchKey', 'The specified key does not exist.'),
  noSuchUpload: () => missing('Upload session not found.', 'NoSuchUpload', 'The requested upload was not found.'),
  bucketExists: () =>
    new GcsError({
      status: 409,
      message: 'Your previous request to create the named bucket succeeded and you already own it.',
      reason: 'conflict',
      xmlCode: 'BucketAlreadyOwnedByYou',
      xmlMessage: 'Your previous request to create the named bucket succeeded and you already own it.',
    }),
  conditionNotMet: (parameter = 'If-Match') =>
    new GcsError({
      status: 412,
      message: CONDITION,
      reason: 'conditionNotMet',
      location: parameter,
      xmlCode: 'PreconditionFailed',
      xmlMessage: CONDITION,
    }),
  notModified: () =>
    new GcsError({ status: 304, message: 'Not Modified', reason: 'notModified', xmlCode: 'NotModified', xmlMessage: 'Not Modified' }),
  rangeNotSatisfiable: (bytes: number) =>
    new GcsError({
      status: 416,
      message: 'Request range not satisfiable',
      reason: 'requestedRangeNotSatisfiable',
      xmlCode: 'InvalidRange',
      xmlMessage: 'The requested range cannot be satisfied.',
      headers: { 'content-range': `bytes */${bytes}` },
    }),
  /** The JSON API's answer to a missing, unknown or ended token, or one of a disabled account. */
  unauthenticated: (isTokenGiven: boolean) =>
    new GcsError({
      status: 401,
      message: isTokenGiven ? 'Invalid Credentials' : 'Anonymous caller does not have access to the Google Cloud Storage resource.',
      reason: isTokenGiven ? 'authError' : 'required',
      location: 'Authorization',
      xmlCode: 'AuthenticationRequired',
      xmlMessage: 'Authentication required.',
      headers: { 'www-authenticate': `Bearer realm="https://accounts.google.com/"${isTokenGiven ? ', error="invalid_token"' : ''}` },
    }),
  accessDenied: (message: string) =>
    new GcsError({ status: 403, message, reason: 'forbidden', xmlCode: 'AccessDenied', xmlMessage: 'Access denied.' }),
  held: (bucket: string, name: string) => {
    const message = `Object '${bucket}/${name}' is under active Temporary hold and cannot be deleted, overwritten or archived until hold is removed.`;
    return new GcsError({ status: 403, message, reason: 'objectUnderActiveHold', xmlCode: 'ObjectUnderActiveHold', xmlMessage: message });
  },
  internalError: () =>
    new GcsError({
      status: 500,
      message: 'We encountered an internal error. Please try again.',
      reason: 'backendError',
      xmlCode: 'InternalError',
      xmlMessage: 'We encountered an internal error. Please try again.',
    }),
  methodNotAllowed: () =>
    new GcsError({
      status: 405,
      message: 'Method Not Allowed',
      reason: 'methodNotAllowed',
      xmlCode: 'MethodNotAllowed',
      xmlMessage: 'The specified method is not allowed against this resource.',
    }),
};
