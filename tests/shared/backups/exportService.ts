/** Stands in for Firestore's administration over gRPC: long-running operations that a test finishes, by the official client's own messages. */
import { createRequire } from 'node:module';
import { grpc, protobuf, serializer } from 'google-gax';

const load = createRequire(import.meta.url);
const root = protobuf.Root.fromJSON(load('@google-cloud/firestore-api/protos/protos.json') as protobuf.INamespace);
const ADMIN = 'google.firestore.admin.v1.FirestoreAdmin';
const operationType = root.lookupType('google.longrunning.Operation');
const METHODS = ['ExportDocuments', 'ImportDocuments', 'CreateDatabase', 'DeleteDatabase'];

export interface ExportService {
  endpoint: string;
  requests: object[];
  finish(operation: string, work: { documents: number; bytes: number }): void;
  fail(operation: string, message: string): void;
  /** Of all databases there are. */
  databases: string[];
  /** No call is answered from now on, until `reset`. */
  hang(): void;
  /** Every call from now on, until `reset`. */
  refuse(code: number, details: string): void;
  reset(): void;
  close(): Promise<void>;
}

interface Ended {
  metadata?: object;
  error?: object;
}

/** What goes on, and how it has ended. */
class Operations {
  readonly requests: object[] = [];
  readonly ended = new Map<string, Ended>();
  readonly databases: string[] = [];
  refusal: { code: number; details: string } | undefined;
  isHanging = false;
  readonly waiting: (() => void)[] = [];
  #begun = 0;

  begin(method: string, request: object): object {
    this.requests.push({ method, ...request });
    this.#begun += 1;
    return this.describe(`projects/demo-sori/databases/(default)/operations/${method}-${this.#begun}`);
  }

  describe(name: string): object {
    const state = this.ended.get(name);
    if (!state) return { name, done: false };
    const metadata = state.metadata && { metadata: any('google.firestore.admin.v1.ExportDocumentsMetadata', state.metadata) };
    const result = state.error ? { error: state.error } : { response: any('google.protobuf.Empty', {}) };
    return { name, done: true, ...metadata, ...result };
  }

  answer(work: (request: object) => object): grpc.handleUnaryCall<object, object> {
    return ({ request }, callback) => {
      if (this.isHanging) this.waiting.push(() => callback({ code: grpc.status.UNAVAILABLE }));
      else if (this.refusal) callback(this.refusal);
      else callback(null, work(request));
    };
  }
}

export async function startExportService(): Promise<ExportService> {
  const operations = new Operations();
  const server = new grpc.Server();
  const admin = root.lookupService(ADMIN);
  for (const method of METHODS) {
    const request = root.lookupType(admin.methods[method]!.requestType);
    addMethod(server, { path: `/${ADMIN}/${method}`, request, handler: operations.answer((asked) => operations.begin(method, asked)) });
  }
  addMethod(server, {
    path: `/${ADMIN}/ListDatabases`,
    request: root.lookupType(`google.firestore.admin.v1.ListDatabasesRequest`),
    response: root.lookupType(`google.firestore.admin.v1.ListDatabasesResponse`),
    handler: operations.answer(() => ({ databases: operations.databases.map((id) => ({ name: `projects/demo-sori/databases/${id}` })) })),
  });
  const request = root.lookupType('google.longrunning.GetOperationRequest');
  const handler = operations.answer((asked) => operations.describe((asked as { name: string }).name));
  addMethod(server, { path: '/google.longrunning.Operations/GetOperation', request, handler });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  return handleOn(operations, port, server);
}

function handleOn(operations: Operations, port: number, server: grpc.Server): ExportService {
  const work = (completedWork: number) => ({ completedWork, estimatedWork: completedWork });
  return {
    endpoint: `127.0.0.1:${port}`,
    requests: operations.requests,
    databases: operations.databases,
    hang() {
      operations.isHanging = true;
    },
    finish(operation, { documents, bytes }) {
      operations.ended.set(operation, { metadata: { progressDocuments: work(documents), progressBytes: work(bytes) } });
    },
    fail(operation, message) {
      operations.ended.set(operation, { error: { code: 9, message } });
    },
    refuse(code, details) {
      operations.refusal = { code, details };
    },
    reset() {
      operations.requests.length = 0;
      operations.refusal = undefined;
      operations.isHanging = false;
      for (const giveUp of operations.waiting.splice(0)) giveUp();
    },
    close: () => {
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}

interface AddedMethod {
  path: string;
  request: protobuf.Type;
  /** By default an operation. */
  response?: protobuf.Type;
  handler: grpc.handleUnaryCall<object, object>;
}

function addMethod(server: grpc.Server, { path, request, response = operationType, handler }: AddedMethod): void {
  server.addService({ method: definition(path, request, response) }, { method: handler });
}

function any(typeUrl: string, value: object): object {
  const type = root.lookupType(typeUrl);
  return { type_url: `type.googleapis.com/${typeUrl}`, value: type.encode(type.fromObject(value)).finish() };
}

function definition(path: string, request: protobuf.Type, response: protobuf.Type): grpc.MethodDefinition<object, object> {
  return {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: (message) => Buffer.from(request.encode(request.fromObject(message)).finish()),
    requestDeserialize: (bytes) => serializer.toProto3JSON(request.decode(bytes)) as object,
    responseSerialize: (message) => Buffer.from(response.encode(response.fromObject(message)).finish()),
    responseDeserialize: (bytes) => response.decode(bytes),
  };
}
