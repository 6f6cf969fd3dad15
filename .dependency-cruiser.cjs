// Who may import whom. Each rule's comment says what to do instead; test/tooling/boundaries.spec.ts breaks each rule
// once and sees it fire. The picture is in docs/ARCHITECTURE.md.

const features = '^src/(crm|imports|operations|automation|insight|channels|privacy)/';
const foundations = '^src/(records|access|audit|files|replication)/';
const platform = '^src/platform/';
const composition = '^src/(main|primary\\.module|replica\\.module)\\.ts$|^src/cli/';
const source = '^(src|connector)/';

/** Folders that are entered only through their index.ts: parts of these four, and every other folder of src/. */
const roomsWithin = '^(src/platform|src/crm|src/replication|connector)/([^/]+)/';
const otherRooms = '^src/(?!platform/|crm/|replication/)([^/]+)/';

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      comment:
        'Two files that need each other are one thing in two places. Move what both need into a file below them, or ' +
        'let the lower one define a port (an interface) that the upper one implements.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'platform-knows-nothing-above',
      severity: 'error',
      comment:
        'The platform has no CRM word in it. Pass what it needs as a parameter, or let it define a port or a registry ' +
        '(health, metrics, job handlers) that the layer above fills.',
      from: { path: platform },
      to: { path: source, pathNot: platform },
    },
    {
      name: 'foundations-know-no-features',
      severity: 'error',
      comment:
        'Records, access, audit, files and replication stand below the features. Look record types up in the registry ' +
        'by name, or define a port (like RecordBehaviour) that the feature implements.',
      from: { path: foundations },
      to: { path: [features, composition] },
    },
    {
      name: 'features-know-no-composition',
      severity: 'error',
      comment:
        'Features are composed by primary.module, replica.module and the commands, never the other way round. Take ' +
        'configuration through the constructor.',
      from: { path: features },
      to: { path: composition },
    },
    {
      name: 'modules-know-no-entry-point',
      severity: 'error',
      comment:
        'main.ts and cli/ boot the modules. What both need belongs into the module or into the platform.',
      from: { path: '^src/(primary|replica)\\.module\\.ts$' },
      to: { path: '^src/(main\\.ts$|cli/)' },
    },
    {
      name: 'audit-stands-alone',
      severity: 'error',
      comment:
        'Audit is the lowest of the foundations: records writes to it. Give it what it needs as a parameter, or put ' +
        'a type that both need (RequestContext) into the platform.',
      from: { path: '^src/audit/' },
      to: { path: foundations, pathNot: '^src/audit/' },
    },
    {
      name: 'records-import-only-audit',
      severity: 'error',
      comment:
        'The record engine defines the ports that it needs (src/records/ports); access, files and replication ' +
        'implement them and are plugged in by the modules.',
      from: { path: '^src/records/' },
      to: { path: foundations, pathNot: '^src/(records|audit)/' },
    },
    {
      name: 'access-files-replication-meet-in-records',
      severity: 'error',
      comment:
        'Access, files and replication do not import each other. Let them meet through a port in src/records/ports, ' +
        'or compose them in primary.module and replica.module.',
      from: { path: '^src/(access|files|replication)/' },
      to: { path: foundations, pathNot: ['^src/(records|audit)/', '^src/$1/'] },
    },
    {
      name: 'enter-parts-through-index',
      severity: 'error',
      comment:
        'Parts of platform, crm, replication and connector are entered through their index.ts. Export there what ' +
        'others need, or keep your code inside the part.',
      from: { path: source, pathNot: roomsWithin },
      to: { path: roomsWithin, pathNot: `${roomsWithin}index\\.ts$` },
    },
    {
      name: 'enter-neighbour-parts-through-index',
      severity: 'error',
      comment:
        'Neighbours within platform, crm, replication and connector meet through index.ts, through record types by ' +
        "name, or through domain events; never in each other's insides.",
      from: { path: roomsWithin },
      to: { path: roomsWithin, pathNot: [`${roomsWithin}index\\.ts$`, '^$1/$2/'] },
    },
    {
      name: 'enter-folders-through-index',
      severity: 'error',
      comment:
        'records, access, audit, files, imports and the other folders of src/ are entered through their index.ts. ' +
        'Export there what others need.',
      from: { path: source, pathNot: otherRooms },
      to: { path: otherRooms, pathNot: `${otherRooms}index\\.ts$` },
    },
    {
      name: 'enter-neighbour-folders-through-index',
      severity: 'error',
      comment: 'Folders of src/ meet through their index.ts. Export there what the neighbour needs.',
      from: { path: otherRooms },
      to: { path: otherRooms, pathNot: [`${otherRooms}index\\.ts$`, '^src/$1/'] },
    },
    {
      name: 'record-types-link-by-name',
      severity: 'error',
      comment:
        'Record classes that import each other are where cycles grow. Declare the link as an id column with the ' +
        "type's name: @ReferenceField('account') accountId.",
      from: { path: '\\.record\\.ts$' },
      to: { path: '\\.record\\.ts$', pathNot: '^src/records/' },
    },
    {
      name: 'connector-sees-replication-and-platform',
      severity: 'error',
      comment:
        'The connector may know only the contract with the cloud, so that a leak in it can reach nothing else. Move ' +
        'what it needs into src/replication (the contract) or src/platform (tools).',
      from: { path: '^connector/' },
      to: { path: '^src/', pathNot: '^src/(replication|platform)/' },
    },
    {
      name: 'server-never-imports-connector',
      severity: 'error',
      comment:
        'The server does not depend on the cloud. What both need belongs into src/replication; what the server must ' +
        'know about the connector stands in the database.',
      from: { path: '^src/' },
      to: { path: '^connector/' },
    },
    {
      name: 'web-stands-alone',
      severity: 'error',
      comment:
        'The web UI is a guest of the API like any other. Take types from the OpenAPI document, not from the server.',
      from: { path: '^web/' },
      to: { path: '^(src|connector|migrations|test)/' },
    },
    {
      name: 'nobody-imports-web',
      severity: 'error',
      comment:
        'The server only serves the built files of the web UI, from the folder that the configuration names.',
      from: { path: '^(src|connector|migrations)/' },
      to: { path: '^web/' },
    },
    {
      name: 'migrations-stand-alone',
      severity: 'error',
      comment:
        'A migration must do in five years what it does today, so it may not hang on code that changes. Write the ' +
        'SQL out, or copy the few lines that it needs.',
      from: { path: '^migrations/' },
      to: { path: '^(src|connector|test|migrations)/' },
    },
    {
      name: 'production-imports-no-tests',
      severity: 'error',
      comment: 'What a test and the program need alike belongs into the program.',
      from: { path: '^(src|connector|migrations|web/src)/', pathNot: '\\.spec\\.tsx?$' },
      to: { path: '^(test|bench)/|\\.spec\\.tsx?$' },
    },
    {
      name: 'production-imports-no-tools',
      severity: 'error',
      comment:
        'A package from devDependencies is missing where Holdfast is installed. Move it to dependencies.',
      from: { path: '^(src|connector|migrations)/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nothing-unresolvable',
      severity: 'error',
      comment: 'The file or package does not exist. Imports end in .js; packages stand in package.json.',
      from: { path: '^(src|connector|migrations)/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
