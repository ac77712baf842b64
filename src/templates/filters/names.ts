// The names of all filters and tests, apart from what they do: the scan at deploy time needs no
// more.

export const FILTER_NAMES: readonly string[] =
  `abs attr batch capitalize center count d default dictsort ds ds_nodash e escape filesizeformat first float forceescape
  format groupby indent int items join last length list lower map max min pprint random reject rejectattr replace reverse
  round safe select selectattr slice sort string striptags sum title tojson trim truncate ts ts_nodash ts_nodash_with_tz
  unique upper urlencode wordcount wordwrap xmlattr`.split(/\s+/);

export const TEST_NAMES: readonly string[] =
  `!= < <= == > >= boolean callable defined divisibleby eq equalto escaped even false filter float ge greaterthan gt in
  integer iterable le lessthan lower lt mapping ne none number odd sameas sequence string test true undefined
  upper`.split(/\s+/);
