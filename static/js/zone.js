// Runs before anything is shown, so that nothing jumps: says on <html> whether the reader's clock
// is the clinic's. The style sheet shows the zone's name by it.
(function () {
  "use strict";
  var root = document.documentElement;
  var zone = root.dataset.zone;
  if (!zone) return;

  function clockIn(moment, timeZone) {
    return new Intl.DateTimeFormat("en-GB", {
      timeZone: timeZone,
      dateStyle: "short",
      timeStyle: "short",
    }).format(moment);
  }

  try {
    var now = Date.now();
    // Now and through the next half year: clocks may change on different days.
    var same = [0, 30, 60, 120, 180].every(function (days) {
      var moment = new Date(now + days * 86400000);
      return clockIn(moment, zone) === clockIn(moment, undefined);
    });
    root.dataset.clock = same ? "same" : "other";
  } catch (error) {
    root.dataset.clock = "other"; // an unknown zone: better named than not
  }
})();
