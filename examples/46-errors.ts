// The three doors that trouble comes through: misuse at the call, a failure as an error with a code, and a run that failed in part.
import './local.ts'
import { BraidError, Builder, flow, iModel, Session } from 'braid'

const asError = (error: unknown): BraidError => {
  if (error instanceof BraidError) return error
  throw error
}

// 1. What cannot be right is an error where you write it, before anything is sent.
try {
  new iModel('openai/gpt-4o-mini', { temperature: Number('warm') })
} catch (error) {
  console.log(`1. ${asError(error).code}: ${asError(error).message}`)
}

// 2. One operation rejects with its own error. Its code is from a closed list, and it says whether trying again may help.
await using session = new Session({ imodel: 'openai/gpt-4o-mini' })
await session.conduct('communicate', 'chat', { instruction: 'Answer with an error' }).catch((error: unknown) => {
  const { code, retryable, status } = asError(error)
  console.log(`2. ${code} (${status}), ${retryable ? 'try again later' : 'do not try again'}`)
})

// 3. A run goes on with what the failure does not concern, and then says what failed, what was skipped, and what there is.
const builder = new Builder({ session })
const poem = builder.generate({ name: 'poem', instruction: 'Why is the sky blue?' })
const failing = builder.generate({ name: 'failing', instruction: 'Answer with an error' })
builder.generate({ name: 'summary', instruction: 'Sum up', contextFrom: [poem, failing] })
try {
  await flow(builder)
} catch (error) {
  const { code, errors, results } = asError(error)
  console.log(`3. ${code}: ${errors?.map((each) => `${each.operationId} (${each.code})`).join()}`)
  for (const [operationId, outcome] of results ?? []) console.log(`   ${operationId}: ${outcome.status}`)
}
