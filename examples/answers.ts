import type { ProviderServer, Reply, ReplyOptions } from '@braid/testing'
import { recipeAnswers } from './recipe-answers.ts'

/** How an instruction begins, what is said to it, and how, where that is not as usual. */
export type Prepared = readonly [asked: string, reply: Reply, how?: Omit<ReplyOptions, 'when'>]

/** What the server of `local.ts` says. To anything else it repeats what it was asked. */
const answers: readonly Prepared[] = [
  ...recipeAnswers,
  [
    'Write a short story',
    `The workshop smelled of oil and turpentine. Unit 7 held the brush the way it held a wrench, and the first line came out perfectly
straight. The old painter shook her head. "Again," she said, "and this time, look out of the window first."
So it looked. It was raining. The second line was not straight at all, and she hung it on the wall.`,
  ],
  [
    'Tell me about async programming',
    `A promise is a value that is not there yet. An async function returns one, and await steps aside until it is there. While one function
waits, others run, on a single thread: that is concurrency without threads, and nothing runs in between unless you await.`,
  ],
  [
    'Can you give me a practical example?',
    ({ messages }) => {
      const before = messages.findLast(({ role }, at) => role === 'user' && at < messages.length - 1)
      return `You asked: "${before?.text ?? 'nothing before'}". Here is one: const [user, posts] = await Promise.all([getUser(), getPosts()]).
Both requests are on their way before either is awaited, so the slower one alone decides how long it takes.`
    },
  ],
  [
    'Explain quantum entanglement',
    `Two particles can share one state. Measure one, and you know what the other will show, however far away it is. Nothing travels between
them: neither side can send a message this way, because each sees only noise until the two compare notes. What entanglement rules out is
that both carried hidden instructions all along. Bell turned that into an inequality in 1964, and experiments have broken it ever since.`,
  ],
  [
    'What is the future of AI?',
    ({ api }) =>
      api === 'openai-chat'
        ? 'Smaller models in more places. What needed a data centre will run on the device in your hand, and quietly.'
        : 'More work in which several models check one another. The question will be less what one says than how they agree.',
  ],
  [
    'List 3 key benefits',
    '1. A stronger heart and better circulation.\n2. A clearer mind and a calmer mood.\n3. Deeper sleep at night.',
  ],
  [
    'Write a short article',
    `Thirty minutes a day change more than your waistline. The heart gets stronger and the blood moves better. The mind clears, and the mood
with it. And in the evening sleep comes by itself, and stays.`,
  ],
  [
    'Collect five facts',
    `1. Adults need seven hours or more (AASM, 2015). 2. Memories settle in deep sleep (Walker, 2009). 3. Light at night delays it (Chang,
2015). 4. Naps of 20 minutes restore attention (Brooks, 2006). 5. Regular hours matter as much as long ones (Windred, 2024).`,
  ],
  [
    'Write 300 words',
    `Sleep is not a pause. Most adults need seven hours or more. In its deep part memories settle; light at night pushes it back; a nap of
twenty minutes restores attention; and keeping regular hours may matter as much as sleeping long.`,
  ],
  [
    'Edit for clarity',
    `Sleep is work. Adults need at least seven hours of it. Deep sleep settles memories, and light at night delays it. Twenty minutes of nap
restore attention. Regular hours matter as much as many.`,
  ],
  [
    'A recipe for dal',
    JSON.stringify({
      title: 'Dal tadka',
      steps: [
        { text: 'Rinse the lentils', minutes: 2 },
        { text: 'Boil them with turmeric', minutes: 25 },
        { text: 'Fry cumin and garlic, and pour over', minutes: 5 },
      ],
    }),
  ],
  [
    'Review the change for security',
    JSON.stringify({ risk: 'high', findings: ['the token is in the log', 'the input is not checked'] }),
  ],
  [
    'Review the change for performance',
    '```json\n{ "reasoning": "It asks once more per page.", "risk": "low", "findings": ["one query more per page"], }\n```',
  ],
  ['Review the change for readability', "Here it is: {'risk': 'medium', 'findings': ['two names for one thing']}"],
  ['Weigh the reviews', JSON.stringify({ ship: false, because: 'the token is in the log' })],
  [
    'Read the text below into JSON',
    JSON.stringify({ kind: 'bug', summary: 'The export crashes on names with an emoji' }),
  ],
  ['Propose a fix', 'Count characters, not code units, where the export pads names.'],
  ['Write the reply', 'Thank you for telling us. The next version pads names by their characters.'],
  [
    'Make an invoice',
    '{"items":[{"name":"cup","cents":450},{"name":"cup","cents":450},{"name":"teapot","cents":2900}],"total":3350}',
  ],
  [
    'Your answer does not fit',
    ({ messages }) =>
      messages.some(({ text }) => text.startsWith('Make an invoice'))
        ? '{"items":[{"name":"cup","cents":450},{"name":"cup","cents":450},{"name":"teapot","cents":2900}],"total":3800}'
        : '{"sentiment":"positive","confidence":0.95,"reasoning":"Nothing but praise"}',
  ],
  ['Name one thing', 'That it is a toy. It is the most used database there is, and it is tested harder than most.'],
  [
    'Explain what a fork is',
    'A fork is a second line of conversation that begins with the first one and then goes its own way.',
  ],
  [
    'Say that again in a sober tone',
    'A fork is a copy of a conversation up to a given message, continued independently.',
  ],
  ['Say that again in a playful tone', 'Imagine your chat met a junction and took both roads!'],
  [
    'Tell me everything',
    'In the beginning there was very little to tell, and nobody to tell it to. Then there was rather a lot of it all at once.',
    { fault: { type: 'reset', after: { frames: 12 } } },
  ],
  ['Three facts about bees', 'They have five eyes. They dance to show the way. Honey is nectar that they have dried.'],
  ['Three myths about bees', 'All of them sting. All of them live in hives. They should not be able to fly.'],
  ['Make a quiz', 'True or false? 1. Bees have five eyes. 2. All bees sting. 3. Bees should not be able to fly.'],
  ['Check the answers', 'True, false, false.'],
  ['Thank you. Anything to add?', 'Drones have no father, but they have a grandfather.'],
  ['Why is the sky blue?', 'Air scatters short waves more than long ones, so blue light comes from everywhere.'],
  [
    'Give me three tips',
    'Rest your eyes. Look away every twenty minutes! Can you see the horizon from your desk? Then look at that.',
  ],
  [
    'Outline a short book',
    JSON.stringify({
      title: 'Tides',
      chapters: [
        { heading: 'The pull', points: ['the moon', 'the sun'] },
        { heading: 'The shore', points: ['what lives between'] },
      ],
    }),
  ],
  ['Write "The pull"', 'The moon pulls and the sea follows, and twice a month the sun helps.'],
  ['Write "The shore"', 'Between high water and low lives what can do without either.'],
  [
    'Polish it',
    ({ prompt }) =>
      prompt
        .split('\n')
        .at(-1)
        ?.replace(/[,.].*/s, '.') ?? '',
  ],
  ['Draft a product blurb', JSON.stringify({ text: 'A mug. It holds tea.', score: 3 })],
  ['What is weak here?', 'It says what every mug does.'],
  [
    'Improve it',
    ({ prompt }) =>
      JSON.stringify(
        prompt.includes('"score": 3')
          ? { text: 'A mug that keeps tea warm for an hour.', score: 6 }
          : { text: 'An hour later, your tea is still tea.', score: 9 },
      ),
  ],
  ['An essay on lighthouses', 'A lighthouse is a promise that somebody keeps every night.'],
  ['A poem on lighthouses', 'Round and round it says: not here, not here, not here.'],
  ['Find every fault', ({ prompt }) => (prompt.includes('not here') ? 'It repeats itself.' : 'It is short.')],
  ['Defend it', 'It is short.'],
  [
    'Decide, with notes',
    ({ prompt }) =>
      JSON.stringify(
        prompt.includes('repeats')
          ? { pass: false, notes: ['repeats itself'] }
          : { pass: true, notes: ['short', 'true'] },
      ),
  ],
  [
    'Suggest a name',
    ({ api, index }) => {
      const names = ['Plait', 'Strand', 'Threefold']
      const answer = names[index % names.length] ?? ''
      return api === 'anthropic-messages' ? answer : { candidates: names.map((text) => ({ text })) }
    },
  ],
  [
    'Oslo, Rome or Atlantis',
    ({ toolResults }) =>
      toolResults.length === 0
        ? {
            text: 'Let me look at all three.',
            toolCalls: ['Oslo', 'Rome', 'Atlantis'].map((city) => ({ toolName: 'weather', input: { city } })),
          }
        : JSON.stringify({ city: 'Rome', takeUmbrella: false }),
  ],
  [
    'Handle ticket 4711',
    ({ toolResults }) =>
      toolResults.length === 0
        ? {
            toolCalls: [
              { toolName: 'refund', input: { order: 'A-1', cents: 1_900 } },
              { toolName: 'refund', input: { order: 'B-2', cents: 9_900 } },
            ],
          }
        : 'The small order is refunded; for the large one somebody has to come back to you.',
  ],
  [
    'What is 6 times 7',
    ({ toolResults }) =>
      toolResults.length === 0
        ? {
            toolCalls: [
              { toolName: 'multiply', input: { a: 6, b: 7 } },
              { toolName: 'divide', input: { a: 6, b: 0 } },
            ],
          }
        : '6 times 7 is 42. By 0 nothing can be divided.',
  ],
]

/** Has a provider server say all this. */
export function prepare(server: ProviderServer): void {
  for (const [asked, reply, how] of answers) {
    server.reply(reply, { times: Infinity, ...how, when: ({ prompt }) => prompt.startsWith(asked) })
  }
}
