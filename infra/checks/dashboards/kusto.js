// What Kusto's own language service says of queries: a JSON list of {place, query} on standard input, a line a problem.
// Run where @kusto/language-service-next (npm) can be required; the columns are those of Application Insights.
require('@kusto/language-service-next/bridge.min.js');
require('@kusto/language-service-next/Kusto.Language.Bridge.min.js');

const BESIDE = 'timestamp: datetime, customDimensions: dynamic, cloud_RoleName: string, cloud_RoleInstance: string, operation_Id: string';
const TABLES = {
  customMetrics: 'name: string, value: real, valueCount: int, valueSum: real, valueMin: real, valueMax: real',
  customEvents: 'name: string, itemCount: int',
  requests: 'name: string, url: string, success: string, resultCode: string, duration: real, itemCount: int',
  availabilityResults: 'name: string, location: string, success: string, message: string, duration: real',
};
const { Symbols, GlobalState, KustoCode } = Kusto.Language;
const tables = Object.entries(TABLES).map(([name, own]) => Symbols.TableSymbol.From(`(${own}, ${BESIDE})`).WithName(name));
const database = new Symbols.DatabaseSymbol.ctor('insights', tables);
const globals = GlobalState.Default.WithDatabase(database);

const asked = JSON.parse(require('fs').readFileSync(0, 'utf8'));
for (const { place, query } of asked) {
  const found = KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics();
  for (let i = 0; i < found.Count; i += 1) {
    const one = found.getItem(i);
    console.log(`${place}: ${one.Message} (at "${query.slice(one.Start, one.Start + 30).split('\n')[0]}")`);
  }
}
