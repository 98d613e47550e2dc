// Sessions and history
export type { Branch, BranchOptions, MessagesQuery } from './session/branch.ts'
export { MemoryStore } from './session/memory-store.ts'
export type { ModelResolver, Services } from './session/services.ts'
export { type Activity, type Backing, Session, type SessionOptions } from './session/session.ts'

// Operations and the Builder
export { type Aggregation, Builder, type TaskFunction } from './builder/builder.ts'
export type { Graph, Plan } from './builder/plan.ts'
export type { TextOptions } from './drawing/drawing.ts'
export type { Join, Late, NamedShape, Names, Shape, Upstream } from './builder/shape.ts'
export type { ActParams } from './operations/act.ts'
export type { Kinds, StructuredKind, TextKind } from './operations/built-in.ts'
export type { InterpretParams } from './operations/interpret.ts'
export type { OperationContext, OperationFunction, OperationKind, Yield } from './operations/kind.ts'
export type { OperateParams } from './operations/operate.ts'
export type { ParseParams } from './operations/parse.ts'
export type { CommunicateParams } from './operations/prompt.ts'
export type { ReactParams } from './operations/react.ts'

// Structured answers
export { jsonSchema } from './answers/json-schema.ts'
export type { AnswerParams, Structured } from './answers/params.ts'

// Running
export type { Budget } from './run/budget.ts'
export type { Control } from './run/control.ts'
export type { FlowChunk } from './run/cursor.ts'
export type { DeepPartial } from './run/deep-partial.ts'
export type { FlowStream } from './run/flow-stream.ts'
export { flow, flowStream } from './run/flow.ts'
export type { FlowHooks } from './run/hooks.ts'
export type { Bounds } from './run/lane.ts'
export type { FlowOptions } from './run/options.ts'
export type { Progress } from './run/run.ts'
export type { RunHandle as Run } from './run/run-handle.ts'
export type { RunStream } from './run/run-stream.ts'
export type { Runs } from './run/runs.ts'
