// A model without a network
export {
  type ScriptedFunction,
  type ScriptedItem,
  type ScriptedModel,
  type ScriptedModelOptions,
  type ScriptedReply,
  type ScriptedSource,
  scriptedModel,
} from './scripted-model.ts'

// A provider without the internet
export type { Fault, Place } from './server/fault.ts'
export type { Cut, Pace } from './server/pace.ts'
export type { ProviderServer, ProviderServerOptions } from './server/provider-server.ts'
export type { Recording } from './server/recording.ts'
export type { ReceivedRequest, RequestOutcome } from './server/request.ts'
export type { Answer, Delivery, ProviderError, Reply, ReplyOptions } from './server/script.ts'
export { startProviderServer } from './server/server.ts'
export type { Said, SaidCall, Saying } from './wire/spoken.ts'
export type { Api, RequestMessage, RequestTool, RequestToolResult } from './wire/wire.ts'

// A contract for stores
export { type OpenedStore, storeContract, type StoreContractOptions, type StoreLaw } from './store/contract.ts'
