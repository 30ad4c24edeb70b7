export { callerAddress } from './callerAddress.ts';
export {
  type Context,
  defineEndpoint,
  type Endpoint,
  type Example,
  type Resources,
  type Schedule,
  type TypedEndpoint,
} from './defineEndpoint.ts';
export { createInstance, type Instance } from './instance.ts';
export { list, pageInput } from './page.ts';
export { register, start } from './register.ts';
export type { FileReply, RedirectReply } from './reply.ts';
