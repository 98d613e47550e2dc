// Text into typed values: a schema in, and what comes out has been validated and has its type. Any Standard Schema will do.
import './local.ts'
import { Session } from 'braid'
import { z } from 'zod'

const Person = z.object({
  name: z.string().describe('The full name'),
  age: z.number().int().min(0).max(150),
  occupation: z.string().nullable(),
  skills: z.array(z.string()).default([]),
})
const Company = z.object({
  name: z.string(),
  founded: z.number().int(),
  employees: z.array(z.object({ name: z.string(), role: z.string(), years: z.number() })),
})

await using session = new Session({ imodel: 'openai/gpt-4o-mini' })

const person = await session.conduct('operate', 'people', {
  instruction: 'Extract the person',
  context: 'Alice is a 32-year-old software engineer who knows Python, Rust and TypeScript.',
  output: Person,
})
console.log(`${person.name}, ${person.age}, ${person.occupation ?? 'no occupation'}: ${person.skills.join(', ')}`)

const company = await session.conduct('operate', 'companies', {
  instruction: 'Extract the company',
  context:
    'TechCorp makes software since 2015. Alice is its CTO (10 years of experience), Bob leads engineering (5 years).',
  imodel: 'anthropic/claude-haiku-4-5',
  output: Company,
})
console.log(`\n${company.name}, since ${company.founded}`)
for (const { name, role, years } of company.employees) console.log(`- ${name}: ${role} (${years} years)`)
