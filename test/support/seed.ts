import fc from 'fast-check'

/*
 * Property tests look for new cases every time someone runs them, and for the same ones in CI: a push should fail for what it changed.
 */
if (process.env['CI']) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20_261_121 })
