/** The page's style: system fonts, one column, both color schemes, paper. Contrast is at least 4.5 : 1 everywhere. */
export const style = `
:root{color-scheme:light dark;--paper:#fff;--raised:#f5f7f9;--ink:#1b1f24;--muted:#57606a;--line:#d5dbe1;--accent:#0a53be;
--pass:#0b6b35;--pass-bg:#e9f7ee;--fail:#b3201a;--fail-bg:#fdeeed;--undecided:#7a4d00;--undecided-bg:#fdf4e1}
@media (prefers-color-scheme:dark){:root{--paper:#15181c;--raised:#1e2329;--ink:#e8ebee;--muted:#a5aeb8;--line:#363e47;--accent:#8fb8ff;
--pass:#7ddb9d;--pass-bg:#15291d;--fail:#ffb0a8;--fail-bg:#331b1a;--undecided:#f2c76b;--undecided-bg:#2e2511}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Helvetica Neue",Arial,sans-serif;overflow-wrap:break-word}
main{max-width:74rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1,h2,h3{line-height:1.2;text-wrap:balance;overflow-wrap:anywhere}
h1{font-size:clamp(1.6rem,1.1rem + 2.4vw,2.5rem);letter-spacing:-.02em;margin:.2rem 0 1.2rem}
h2{font-size:1.4rem;letter-spacing:-.01em;margin:3rem 0 .75rem;padding-top:1.5rem;border-top:1px solid var(--line)}
h3{font-size:1.05rem;margin:1.75rem 0 .5rem}
p{margin:0 0 .9rem;max-width:44rem}
.kicker{color:var(--muted);margin:0;font-size:.95rem}
.small{color:var(--muted);font-size:.875rem}
ul{padding-left:1.2rem;max-width:44rem;margin:0 0 1rem}
li{margin:.25rem 0;overflow-wrap:anywhere}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.callout{border-left:5px solid var(--muted);background:var(--raised);padding:1rem 1.25rem;border-radius:0 .5rem .5rem 0;margin:1.25rem 0}
.callout p{max-width:54rem}
.callout p:last-child{margin-bottom:0}
.callout .title{font-weight:650}
.callout.pass{border-color:var(--pass);background:var(--pass-bg)}
.callout.fail{border-color:var(--fail);background:var(--fail-bg)}
.callout.undecided{border-color:var(--undecided);background:var(--undecided-bg)}
.callout.pass .sign{color:var(--pass)}.callout.fail .sign{color:var(--fail)}.callout.undecided .sign{color:var(--undecided)}
.lead{font-size:1.15rem;line-height:1.5}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(10.5rem,1fr));gap:.75rem;margin:1.5rem 0 .75rem;padding:0}
.figures>div{border:1px solid var(--line);border-radius:.5rem;padding:.8rem 1rem;display:flex;flex-direction:column}
.figures dt{font-size:.875rem;color:var(--muted)}
.figures dd{margin:0}
.figures .value{font-size:1.75rem;font-weight:650;letter-spacing:-.02em;line-height:1.25;font-variant-numeric:tabular-nums}
.figures .unit{font-size:1rem;letter-spacing:0;color:var(--muted)}
.figures .ci,.figures .note{font-size:.85rem;color:var(--muted)}
.facts{display:grid;grid-template-columns:minmax(8rem,11rem) 1fr;gap:.4rem 1.25rem;margin:0 0 1rem;max-width:56rem}
.facts dt{color:var(--muted)}
.facts dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto;margin:1rem 0 .6rem;border:1px solid var(--line);border-radius:.5rem}
table{border-collapse:collapse;width:100%;font-size:.925rem}
caption{text-align:left;font-weight:600;padding:.7rem .6rem .5rem;overflow-wrap:anywhere}
th,td{padding:.55rem .6rem;text-align:left;vertical-align:top;border-top:1px solid var(--line)}
thead th{font-weight:600;color:var(--muted);vertical-align:bottom;font-size:.85rem;line-height:1.3}
tbody th{font-weight:400;min-width:12rem;overflow-wrap:anywhere}
.end{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
thead .end{white-space:normal;min-width:5.2rem}
.unit{font-weight:400;white-space:nowrap}
.ci{display:block;color:var(--muted);font-size:.82rem;font-variant-numeric:tabular-nums}
.detail{display:block;color:var(--muted);font-size:.85rem;margin-top:.25rem;max-width:40rem}
.version{display:grid;grid-template-columns:auto 1fr;gap:.5rem;align-items:baseline}
.tag{min-width:1.45rem;text-align:center;font-weight:650;font-size:.8rem;line-height:1.35rem;border:1px solid var(--line);border-radius:.3rem;padding:0 .25rem}
.verdict{font-weight:650;font-size:.8rem;white-space:nowrap;letter-spacing:.01em}
.end .verdict{font-size:inherit}
.verdict.pass{color:var(--pass)}.verdict.fail{color:var(--fail)}.verdict.undecided{color:var(--undecided)}.verdict.neutral{color:var(--muted);font-weight:500}
tr.strong{background:var(--pass-bg)}
.none{color:var(--muted)}
.data{overflow-wrap:anywhere;white-space:pre-wrap}
td .data{display:block;min-width:6rem}
td.wide,th.wide{min-width:16rem}
.notes{list-style:none;padding:0;color:var(--muted);font-size:.85rem;max-width:52rem;line-height:1.45}
.notes li{margin:.15rem 0}
figure{margin:1rem 0}
.plot{width:100%;height:auto;display:block;font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
.plot.narrow{display:none}
.grid{stroke:var(--line);stroke-width:1;opacity:.7}
.axis{fill:none;stroke:var(--muted);stroke-width:1}
.tick{fill:var(--muted);font-size:12px}
.label{fill:var(--ink)}.good{fill:var(--pass);font-weight:600}
.limit{stroke:var(--fail);stroke-width:1.5;stroke-dasharray:6 4}
.limit-text{fill:var(--fail);font-size:12px}
.bar{fill:none;stroke:var(--muted);stroke-width:1.5}
.mark{stroke:var(--paper);stroke-width:1.2;fill:var(--muted)}
.mark.baseline{fill:var(--ink)}
.mark.chosen{fill:var(--pass);stroke-width:1}
.mark.front{fill:var(--pass)}
.mark.passes{fill:var(--paper);stroke:var(--pass);stroke-width:2}
.mark.undecided{fill:var(--paper);stroke:var(--undecided);stroke-width:2}
.mark.fails{fill:none;stroke:var(--fail);stroke-width:2.5}
path.best-line{fill:none;stroke:var(--pass);stroke-width:2}
.best{font-weight:650;font-size:.78rem;border:1px solid currentColor;border-radius:.3rem;padding:0 .3rem;white-space:nowrap;color:var(--pass)}
text.tag{fill:var(--ink);font-weight:600;paint-order:stroke;stroke:var(--paper);stroke-width:3px;font-size:13px}
text.tag.strong{font-weight:750}
.legend{display:flex;flex-wrap:wrap;gap:.15rem 1.1rem;list-style:none;padding:0;margin:.5rem 0 0;font-size:.875rem;color:var(--muted);max-width:none}
.legend li{display:flex;align-items:center;gap:.35rem}
.key{flex:none}
details{margin:1rem 0;border:1px solid var(--line);border-radius:.5rem;padding:0 1rem}
summary{cursor:pointer;padding:.7rem 0;font-weight:600}
details[open]{padding-bottom:.5rem}
details.terms{border:0;padding:0;margin:-.1rem 0 1rem;color:var(--muted);font-size:.85rem}
details.terms summary{font-weight:500;padding:.2rem 0}
details details{margin:.75rem 0}
pre{background:var(--raised);border:1px solid var(--line);border-radius:.5rem;padding:.9rem 1rem;overflow-x:auto;font:.875rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;margin:1rem 0}
@media (max-width:40rem){
main{padding:1.5rem 1rem 3rem}
h2{margin-top:2.25rem}
.plot.broad{display:none}.plot.narrow{display:block}
.figures{grid-template-columns:1fr 1fr}
.facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:.6rem}
.callout{padding:.9rem 1rem}
.lead{font-size:1.05rem}
details{padding:0 .75rem}
.cards,.cards tbody,.cards tr,.cards td,.cards th,.cards caption{display:block}
.cards thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.cards tbody tr{display:grid;grid-template-columns:1fr 1fr;border-top:1px solid var(--line);padding:.55rem 0}
.cards tbody th,.cards td.wide{grid-column:1/-1}
.cards td.end{text-align:left}
.cards td,.cards tbody th{border:0;padding:.2rem .7rem;min-width:0;text-align:left;white-space:normal}
.cards [data-label]::before{content:attr(data-label);display:block;color:var(--muted);font-size:.78rem}
.cards .inline::before{display:inline-block;margin-right:.5rem}
.cards .ci{display:inline-block;white-space:nowrap}
td.wide,th.wide{min-width:0}
tbody th{min-width:8.5rem}th,td{padding:.5rem .55rem}
}
@media print{
:root{--paper:#fff;--raised:#fff;--ink:#000;--muted:#444;--line:#bbb;--pass:#0b6b35;--pass-bg:#fff;--fail:#a01813;--fail-bg:#fff;--undecided:#6b4400;--undecided-bg:#fff}
body{font-size:10pt}main{max-width:none;padding:0}
h2{break-after:avoid}tr,figure,.callout,.figures>div{break-inside:avoid}
.scroll{overflow:visible}
details::details-content{content-visibility:visible;block-size:auto}
}
`.trim();
