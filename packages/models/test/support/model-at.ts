import type { Clock } from '@braid/core'
import { manifestOf, splitId } from '../../src/catalogue/provider.ts'
import { Governed } from '../../src/governed.ts'
import { HttpCaller } from '../../src/http-caller.ts'
import { iModel, type ModelId, type ModelOptions } from '../../src/index.ts'
import { Pool } from '../../src/transport/pool.ts'

/** A model with a clock of the test's own. */
export function modelAt(clock: Clock, id: ModelId, options: ModelOptions): iModel {
  const [provider, name] = splitId(id)
  return new iModel(new Governed(new HttpCaller(manifestOf(provider), name, options, new Pool()), options, clock))
}
