export { defineEndpoint } from './defineEndpoint.ts';
export type { Endpoint, Schedule, TypedEndpoint } from './endpoint.ts';
export { errorsOf } from './errorsOf.ts';
export { createInstance, type Instance } from './instance.ts';
export { list, pageInput } from './page.ts';
export { register, start } from './register.ts';
