import { grpc } from 'google-gax';
import type { JobService } from './jobService.ts';
import { decode, encode, METHODS, type Method } from './protocol.ts';
import { toSchedulerError } from './schedulerError.ts';

export interface RunningServer {
  port: number;
  close(): Promise<void>;
}

/** Serves the jobs over gRPC without TLS, on 127.0.0.1. Port 0 takes a free one. */
export async function startGrpcServer(jobs: JobService, port: number): Promise<RunningServer> {
  const server = new grpc.Server();
  server.addService(
    Object.fromEntries(METHODS.map((method) => [method.name, definitionOf(method)])),
    Object.fromEntries(METHODS.map((method) => [method.name, handlerOf(method, jobs)])),
  );
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error, taken) =>
      error ? reject(new Error(`gRPC cannot listen on port ${port}`, { cause: error })) : resolve(taken),
    );
  });
  return {
    port: bound,
    close: () => {
      server.forceShutdown(); // clients keep their connection open for minutes
      return Promise.resolve();
    },
  };
}

function definitionOf({ path, request, answer }: Method): grpc.MethodDefinition<object, object> {
  return {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: (json) => encode(request, json),
    requestDeserialize: (bytes) => decode(request, bytes),
    responseSerialize: (json) => encode(answer, json),
    responseDeserialize: (bytes) => decode(answer, bytes),
  };
}

function handlerOf({ name }: Method, jobs: JobService): grpc.handleUnaryCall<object, object> {
  return async ({ request }, callback) => {
    try {
      callback(null, await jobs[name](request));
    } catch (error) {
      const { grpcCode, message } = toSchedulerError(error);
      callback({ code: grpcCode, details: message });
    }
  };
}
