import { checkKnown, type Operation } from '@braid/core'
import type { OperationContext, OperationKind, Yield } from '../operations/kind.ts'
import { addNode } from './adding.ts'
import type { Builder } from './builder.ts'
import { checkFunction, SHAPE, type Shape, splitShape, type Upstream } from './shape.ts'

/** Code in place: what `task` runs. */
export type TaskFunction<T> = (context: OperationContext) => AsyncGenerator<Yield, T> | Promise<T> | T

export interface TaskParams<T> extends Shape {
  run: TaskFunction<T>
  /** It starts at the first chunk of these, and reads what they say. */
  streamFrom?: Upstream
}

const PARAMS = { ...SHAPE, run: true, streamFrom: true } as const

export function addTask<T>(builder: Builder, params: TaskParams<T>): Operation<T> {
  checkKnown(params, PARAMS, { of: 'task', code: 'invalid_plan' })
  const { shape, params: own } = splitShape(params)
  const { run, streamFrom } = own
  checkFunction('run', 'the function that the task runs', run)
  const of: OperationKind<object, T> = { name: 'task', run: (context) => runTask(run, context) }
  const node = addNode(builder, shape.name, { type: 'custom', of }, {}, { ...shape, streamFrom })
  return node.operation as Operation<T>
}

async function* runTask<T>(run: TaskFunction<T>, context: OperationContext): AsyncGenerator<Yield, T> {
  const made = run(context)
  return isObject(made) && Symbol.asyncIterator in made
    ? yield* made as AsyncGenerator<Yield, T>
    : await (made as Promise<T> | T)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
