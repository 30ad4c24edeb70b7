import { grpc } from 'google-gax';

/** The codes of google.rpc.Code that the scheduler answers with, and the HTTP status of each. */
const HTTP_STATUS = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  UNIMPLEMENTED: 501,
  INTERNAL: 500,
} as const;

export type SchedulerCode = keyof typeof HTTP_STATUS;

/** A call that the scheduler refuses, in words for the caller. */
export class SchedulerError extends Error {
  override name = 'SchedulerError';
  readonly code: SchedulerCode;

  constructor(code: SchedulerCode, message: string) {
    super(message);
    this.code = code;
  }

  /** google.rpc.Code as a number, as it goes over gRPC. */
  get grpcCode(): number {
    return grpc.status[this.code];
  }

  get httpStatus(): number {
    return HTTP_STATUS[this.code];
  }
}

/** What a caller is told about any error: of an unexpected one, nothing but that it happened. */
export function toSchedulerError(error: unknown): SchedulerError {
  return error instanceof SchedulerError ? error : new SchedulerError('INTERNAL', 'Internal error encountered.');
}
