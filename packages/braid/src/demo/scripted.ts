import type { ReceivedRequest } from '@braid/testing'

/** What the local provider server says in the demo: prepared texts, chosen by what the demo asks. */
export function scripted(request: ReceivedRequest): string {
  const asked = request.messages.filter(({ role }) => role === 'user').map(({ text }) => text)
  // A visit that was interrupted asks again: the question is the one before.
  const prompt = asked.findLast((text) => !text.startsWith('You were interrupted')) ?? ''
  if (prompt.startsWith('Write another version')) return ANOTHER_VERSION
  if (prompt.startsWith('Write a short article')) return ARTICLE
  if (prompt.startsWith('Three people')) return SYNTHESIS
  switch (request.api) {
    case 'anthropic-messages':
      return PEOPLE
    case 'gemini':
      return INTERFACES
    default:
      return SIMPLICITY
  }
}

const SIMPLICITY = `What lasts is small enough to be understood. The programs that are still here after thirty years do one thing, and a
new maintainer can read them in a week. Features were refused more often than accepted. When the people who wrote them left,
the code could be picked up, because there was not much to pick up, and because it said plainly what it did.`

const PEOPLE = `Software lives as long as somebody cares for it. Look behind any long-lived project and you find a handful of patient people,
and a way for the next ones to join: reviews that teach, issues that are answered, releases that come when they were promised.
Money helps, and so does a foundation, but the habit of handing knowledge on is what makes the difference.`

const INTERFACES = `Stable interfaces are the secret. SQLite still reads files from 2004, and shell scripts from the eighties still run. Behind
such a promise everything may be rewritten, and it often was. Users build on what does not move under them, and those users
then become the reason to keep the project alive. A broken promise costs more than a missing feature.`

const SYNTHESIS = `The three answers name the same thing from three sides. Lasting software keeps a promise: an interface that does not break. It can
keep that promise because it stays small enough to be understood by the next person. And there is a next person, because those who
came before made room for one. Simplicity, stability and stewardship hold each other up; take one away and the others wear out.`

const ARTICLE = `# What makes software last

Most programs are gone within ten years. A few stay, and they have less in common than you would think: different languages, different
licences, different decades. Three habits connect them.

They stay small. Saying no to a feature is the cheapest maintenance there is, and code that one person can hold in the head can be
handed to the next.

They keep their promises. A file written twenty years ago still opens. Everything behind the interface may change; the interface may not.

And they make room for people. Somebody answers the issue, reviews the patch, explains the odd corner. What looks like courtesy is
how a project survives its founders.`

const ANOTHER_VERSION = `# Why some programs get old

Imagine a toy that your grandparents played with, and it still works today. Some computer programs are like that.

They are simple, so when something breaks, anybody who looks carefully can mend it. They keep their word: the drawing you saved last
year opens this year too. And there is always someone who looks after them, and who shows the next person how.

Simple, honest, and well looked after. That is how a program gets old.`
