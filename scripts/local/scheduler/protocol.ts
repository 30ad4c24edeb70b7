/**
 * The messages of the official client, by its own descriptors, between their three forms: bytes (gRPC), JSON (REST), objects.
 */
import { createRequire } from 'node:module';
import { protobuf, serializer } from 'google-gax';
import type { JobService } from './jobService.ts';
import { SchedulerError } from './schedulerError.ts';

const descriptors: protobuf.INamespace = createRequire(import.meta.url)('@google-cloud/scheduler/build/protos/protos.json');
const SERVICE = 'google.cloud.scheduler.v1.CloudScheduler';
const service = protobuf.Root.fromJSON(descriptors).lookupService(SERVICE);

export interface Method {
  /** As `JobService` names it. */
  name: keyof JobService;
  /** gRPC's path. */
  path: string;
  request: protobuf.Type;
  answer: protobuf.Type;
}

export const METHODS: Method[] = service.methodsArray.map((method) => {
  const name = `${method.name.charAt(0).toLowerCase()}${method.name.slice(1)}` as keyof JobService;
  return {
    name,
    path: `/${SERVICE}/${method.name}`,
    request: service.lookupType(method.requestType),
    answer: service.lookupType(method.responseType),
  };
});

export function decode(type: protobuf.Type, bytes: Uint8Array): object {
  return asObject(serializer.toProto3JSON(type.decode(bytes)));
}

export function encode(type: protobuf.Type, json: object): Buffer {
  return Buffer.from(type.encode(toMessage(type, json)).finish());
}

/** Brings JSON into its one canonical form: enumerations by name, no unknown fields. @throws {SchedulerError} when it is no such message */
export function canonical(type: protobuf.Type, json: object): object {
  return decode(type, encode(type, json));
}

/** As JSON for callers who ask for enumerations by number, as the official client does over REST. */
export function withEnumNumbers(type: protobuf.Type, json: object): object {
  return asObject(serializer.toProto3JSON(toMessage(type, json), { numericEnums: true }));
}

function toMessage(type: protobuf.Type, json: object): protobuf.Message {
  try {
    return serializer.fromProto3JSON(type, json as Parameters<typeof serializer.fromProto3JSON>[1]) ?? type.create();
  } catch {
    throw new SchedulerError('INVALID_ARGUMENT', `The request is no valid ${type.name}.`);
  }
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
