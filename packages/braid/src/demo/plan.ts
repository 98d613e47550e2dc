import type { Operation } from '@braid/core'
import type { iModel } from '@braid/models'
import { Builder } from '../builder.ts'
import type { Session } from '../session.ts'
import type { Voices } from './voices.ts'

const QUESTION = 'What makes software last? Answer in one paragraph.'
const SYNTHESIS =
  'Three people were asked what makes software last. Say in one paragraph what their answers have in common.'
const ARTICLE = 'Write a short article from this, with a headline, for people who build software.'
const VERSION = 'Write another version of your article: the same three points, for a ten-year-old.'
const AGAIN = 'You were interrupted. Give the whole answer again.'

/** The graph of this visit, and the operation that everything leads to. */
export interface Visit {
  readonly builder: Builder
  readonly goal: Operation<string>
  readonly title: string
}

/**
 * The first visit asks three models, draws a synthesis from their answers and an article from that. Each is on a branch of its own, so a
 * visit that was interrupted is gone on with, and when the article is there, the next visit forks its branch for another version.
 */
export async function planVisit(session: Session, { asked, writer }: Voices): Promise<Visit> {
  const done = await finished(session)
  const builder = new Builder({ session })
  if (typeof done.get('article') === 'string') return anotherVersion(session, builder, writer)

  const turn = (
    name: string,
    instruction: string,
    imodel: iModel,
    contextFrom: readonly Operation[],
  ): Operation<string> => {
    const said = done.get(name)
    if (typeof said === 'string') return builder.task({ name, run: () => said })
    const again = said === null ? AGAIN : instruction
    return builder.communicate({ name, instruction: again, imodel, branch: name, contextFrom })
  }
  const answers = builder.fanOut(asked, (imodel) => turn(imodel.name, QUESTION, imodel, []))
  const synthesis = turn('synthesis', SYNTHESIS, writer, answers)
  const goal = turn('article', ARTICLE, writer, [synthesis])
  const title = done.size === 0 ? QUESTION : 'Going on where the last visit was interrupted.'
  return { builder, goal, title }
}

async function anotherVersion(session: Session, builder: Builder, imodel: iModel): Promise<Visit> {
  const article = await session.branch('article')
  const taken = new Set((await session.branches()).map((branch) => branch.name))
  let version = 2
  while (taken.has(`article-v${version}`)) version += 1
  const branch = await article.fork(`article-v${version}`)
  const goal = builder.communicate({ name: branch.name, instruction: VERSION, imodel, branch })
  return { builder, goal, title: `The article is there; this visit forks its branch and writes version ${version}.` }
}

/** By branch: the complete answer at its end, or null where something was said and no answer completed. */
async function finished(session: Session): Promise<ReadonlyMap<string, string | null>> {
  const done = new Map<string, string | null>()
  for (const branch of await session.branches()) {
    const [last] = await branch.messages({ last: 1 })
    if (last) done.set(branch.name, last.role === 'assistant' && last.status === 'complete' ? last.text : null)
  }
  return done
}
