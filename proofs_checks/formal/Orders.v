(* The divergence of a law of which ordered responses have at least the N-th powers of their masses: at most the
   integral of g ln g for g = N u^(N-1), which is ln N - (N - 1)/N. What the best of N draws gives, piece by piece. *)

From Coq Require Import Reals Lra Lia List.
From ExploreTheory Require Import Sums Laws Sorted.
Import ListNotations.
Open Scope R_scope.

(* --- one step: responses between masses a and b ------------------------------------------------------ *)

Section Step.
Variable N : nat.
Hypothesis some : (1 <= N)%nat.

Let n := INR N.
Let most := ln n - (n - 1) / n.

(* The integral of g ln g for the density g = N u^(N-1). *)
Definition entropy (u : R) : R := u ^ N * most + (n - 1) * (u ^ N * ln u).

Lemma n_pos : 1 <= n.
Proof. change (INR 1 <= INR N). apply le_INR, some. Qed.

Lemma most_nonneg : 0 <= most.
Proof.
  pose proof n_pos. unfold most.
  assert (bound : ln (/ n) <= / n - 1) by (apply ln_at_most, Rinv_0_lt_compat; lra).
  rewrite ln_Rinv in bound by lra. replace ((n - 1) / n) with (1 - / n) by (field; lra). lra.
Qed.

Lemma most_pos : (2 <= N)%nat -> 0 < most.
Proof.
  intros two. assert (2 <= n) by (change (INR 2 <= INR N); apply le_INR, two). unfold most.
  assert (bound : ln (/ n) < / n - 1).
  { apply ln_below; [apply Rinv_0_lt_compat; lra|]. intros one.
    apply (Rmult_eq_compat_r n) in one. rewrite Rinv_l in one; lra. }
  rewrite ln_Rinv in bound by lra. replace ((n - 1) / n) with (1 - / n) by (field; lra). lra.
Qed.

Lemma power_split u : u ^ N = u ^ pred N * u.
Proof. destruct N; [lia|]. simpl. ring. Qed.

Lemma n_pred : n - 1 = INR (pred N).
Proof. unfold n. destruct N; [lia|]. rewrite S_INR. simpl pred. ring. Qed.

(* From nothing: an equality, with the slack [most]. *)
Lemma first_step b : 0 < b -> b ^ N * ln (b ^ N / b) = entropy b - b ^ N * most.
Proof.
  intros pos. replace (b ^ N / b) with (b ^ pred N) by (rewrite power_split; field; lra).
  rewrite ln_pow by exact pos. unfold entropy. rewrite n_pred. ring.
Qed.

(* Jensen's inequality on a piece, by the mean value theorem. *)
Lemma later_step a b : 0 < a -> a < b ->
  (b ^ N - a ^ N) * ln ((b ^ N - a ^ N) / (b - a)) <= entropy b - entropy a.
Proof.
  intros pos order. pose proof n_pos.
  assert (grows : a ^ N < b ^ N).
  { rewrite !power_split.
    apply (Rlt_le_trans _ (a ^ pred N * b)).
    - apply Rmult_lt_compat_l; [apply pow_lt; exact pos|exact order].
    - apply Rmult_le_compat_r; [lra|]. apply pow_incr; lra. }
  set (s := (b ^ N - a ^ N) / (b - a)).
  assert (spos : 0 < s) by (apply Rdiv_lt_0_compat; lra).
  set (k := most - ln s - 1).
  assert (slope : forall u, a <= u <= b ->
    derivable_pt_lim (fun u => k * u ^ N + ((n - 1) * (u ^ N * ln u) + s * u)) u
      (k * (n * u ^ pred N) + ((n - 1) * (n * u ^ pred N * ln u + u ^ N * / u) + s * 1))).
  { intros u range.
    apply (derivable_pt_lim_plus (fun u => k * u ^ N) (fun u => (n - 1) * (u ^ N * ln u) + s * u)).
    - apply (derivable_pt_lim_scal (fun u => u ^ N)). apply derivable_pt_lim_pow.
    - apply (derivable_pt_lim_plus (fun u => (n - 1) * (u ^ N * ln u)) (fun u => s * u)).
      + apply (derivable_pt_lim_scal (fun u => u ^ N * ln u)).
        apply (derivable_pt_lim_mult (fun u => u ^ N) ln).
        * apply derivable_pt_lim_pow.
        * apply derivable_pt_lim_ln; lra.
      + apply (derivable_pt_lim_scal id). apply derivable_pt_lim_id. }
  destruct (MVT_cor2 _ _ a b order slope) as [u [equal between]].
  assert (upos : 0 < u) by lra.
  assert (power : 0 < u ^ pred N) by (apply pow_lt; exact upos).
  (* The slope is g ln (g/s) - g + s, which Gibbs' inequality says is not negative. *)
  assert (nonneg : 0 <= k * (n * u ^ pred N) + ((n - 1) * (n * u ^ pred N * ln u + u ^ N * / u) + s * 1)).
  { set (g := n * u ^ pred N).
    assert (gpos : 0 < g) by (apply Rmult_lt_0_compat; lra).
    pose proof (divergence_term g s ltac:(lra) ltac:(lra) ltac:(intros zero; lra)) as gibbs.
    rewrite ln_quotient in gibbs by assumption.
    assert (logs : ln g = ln n + (n - 1) * ln u).
    { unfold g. rewrite ln_mult by lra. rewrite ln_pow by exact upos. rewrite n_pred. reflexivity. }
    replace (u ^ N * / u) with (g / n) by (unfold g; rewrite power_split; field; lra).
    rewrite logs in gibbs. unfold k, most.
    replace ((ln n - (n - 1) / n - ln s - 1) * g + ((n - 1) * (g * ln u + g / n) + s * 1))
      with (g * (ln n + (n - 1) * ln u - ln s) - g + s) by (field; lra).
    lra. }
  assert (rise : 0 <= (k * b ^ N + ((n - 1) * (b ^ N * ln b) + s * b))
                      - (k * a ^ N + ((n - 1) * (a ^ N * ln a) + s * a))).
  { cbv beta in equal. rewrite equal. apply Rmult_le_pos; lra. }
  assert (chord : s * (b - a) = b ^ N - a ^ N) by (unfold s; field; lra).
  unfold entropy. unfold k in rise.
  replace ((b ^ N - a ^ N) * ln s) with (ln s * b ^ N - ln s * a ^ N) by ring.
  assert (total : s * b - s * a = b ^ N - a ^ N) by lra.
  lra.
Qed.

(* A response of mass d after mass a, to which the rule gives q. *)
Lemma step a d q : 0 <= a -> 0 < d -> 0 < q ->
  ((a + d) ^ N - a ^ N) * ln (q / d)
  <= entropy (a + d) - entropy a - ((a + d) ^ N - a ^ N - q) - (if Rle_dec a 0 then d ^ N * most else 0).
Proof.
  intros ha hd hq.
  assert (zero : 0 ^ N = 0) by (apply pow_ne_zero; lia).
  assert (B : 0 < (a + d) ^ N - a ^ N).
  { destruct ha as [pos|<-].
    - rewrite !power_split. assert (a ^ pred N * a < a ^ pred N * (a + d)).
      { apply Rmult_lt_compat_l; [apply pow_lt; exact pos|lra]. }
      assert (a ^ pred N * (a + d) <= (a + d) ^ pred N * (a + d)).
      { apply Rmult_le_compat_r; [lra|]. apply pow_incr; lra. }
      lra.
    - rewrite zero, Rplus_0_l. pose proof (pow_lt d N hd). lra. }
  pose proof (divergence_term _ q (Rlt_le _ _ B) (Rlt_le _ _ hq) ltac:(intros none; lra)) as gibbs.
  rewrite ln_quotient in gibbs by assumption. rewrite ln_quotient by assumption.
  assert (piece : ((a + d) ^ N - a ^ N) * ln (((a + d) ^ N - a ^ N) / d)
                  <= entropy (a + d) - entropy a - (if Rle_dec a 0 then d ^ N * most else 0)).
  { destruct (Rle_dec a 0) as [none|there].
    - assert (nothing : a = 0) by lra. subst a. rewrite zero, Rplus_0_l, Rminus_0_r.
      rewrite first_step by exact hd.
      assert (entropy 0 = 0) by (unfold entropy; rewrite zero; ring). lra.
    - replace d with (a + d - a) at 3 by ring. rewrite Rminus_0_r. apply later_step; lra. }
  rewrite ln_quotient in piece by assumption. lra.
Qed.

(* Responses in ascending order; what lies before [l] has mass F under p and G under q. *)
Lemma telescope {A : Type} (p q : A -> R) (l : list A) : forall F G c,
  0 < F -> F ^ N <= G ->
  (forall y, In y l -> 0 < p y /\ 0 < q y) ->
  (forall l1 l2, l = l1 ++ l2 -> (F + sum l1 p) ^ N <= G + sum l1 q) ->
  (F + sum l p) ^ N = G + sum l q ->
  ascending (fun y => ln (q y / p y)) l -> (forall y, In y l -> c <= ln (q y / p y)) ->
  kl l q p <= entropy (F + sum l p) - entropy F - (G - F ^ N) - (G - F ^ N) * c.
Proof.
  induction l as [|y l IH]; intros F G c hF slack pos before total order least.
  - unfold kl; simpl in *. rewrite Rplus_0_r in *. rewrite total. replace (G + 0 - G) with 0 by ring. lra.
  - simpl in total. destruct order as [first order].
    destruct (pos y (or_introl eq_refl)) as [py qy].
    specialize (IH (F + p y) (G + q y) (ln (q y / p y)) ltac:(lra)).
    assert (here : (F + p y) ^ N <= G + q y).
    { specialize (before [y] l eq_refl). simpl in before. rewrite !Rplus_0_r in before. exact before. }
    specialize (IH here ltac:(intros z iz; apply pos; right; exact iz)).
    assert (prefixes : forall l1 l2, l = l1 ++ l2 -> (F + p y + sum l1 p) ^ N <= G + q y + sum l1 q).
    { intros l1 l2 ->. specialize (before (y :: l1) l2 eq_refl). simpl in before.
      rewrite !Rplus_assoc. exact before. }
    specialize (IH prefixes ltac:(rewrite !Rplus_assoc; exact total) order first).
    pose proof (step F (p y) (q y) ltac:(lra) py qy) as one.
    destruct (Rle_dec F 0) as [none|_]; [lra|].
    pose proof (least y (or_introl eq_refl)) as low.
    apply (Rmult_le_compat_l (G - F ^ N)) in low; [|lra].
    unfold kl in *; simpl. rewrite <- Rplus_assoc. lra.
Qed.

Lemma whole {A : Type} (p q : A -> R) (y : A) (l : list A) :
  (forall z, In z (y :: l) -> 0 < p z /\ 0 < q z) ->
  (forall l1 l2, y :: l = l1 ++ l2 -> sum l1 p ^ N <= sum l1 q) ->
  sum (y :: l) p = 1 -> sum (y :: l) q = 1 -> ascending (fun z => ln (q z / p z)) (y :: l) ->
  kl (y :: l) q p <= most - p y ^ N * most.
Proof.
  intros pos before p1 q1 [first order]. destruct (pos y (or_introl eq_refl)) as [py qy].
  simpl in p1, q1.
  assert (rest : kl l q p <= entropy 1 - entropy (p y) - (q y - p y ^ N) - (q y - p y ^ N) * ln (q y / p y)).
  { rewrite <- p1. apply telescope; try assumption.
    - specialize (before [y] l eq_refl). simpl in before. rewrite !Rplus_0_r in before. exact before.
    - intros z iz; apply pos; right; exact iz.
    - intros l1 l2 ->. apply (before (y :: l1) l2 eq_refl).
    - rewrite p1, q1, pow1. reflexivity. }
  pose proof (step 0 (p y) (q y) (Rle_refl 0) py qy) as one.
  destruct (Rle_dec 0 0) as [_|no]; [|lra].
  rewrite Rplus_0_l in one. rewrite pow_ne_zero, Rminus_0_r in one by lia.
  assert (ends : entropy 0 = 0 /\ entropy 1 = most).
  { unfold entropy. rewrite pow_ne_zero, pow1, ln_1 by lia. split; ring. }
  unfold kl in *; simpl. lra.
Qed.

End Step.
